-- One row per period, weekday and hour of the business: outbound calls, and how many of them
-- reached someone.
with

calls as (

    select
        contact_date,
        isodow(contact_date) as iso_weekday,
        hour(
            timezone(
                (
                    select value ->> '$'
                    from release_policies
                    where policy = 'business_time_zone'
                ),
                timezone('UTC', started_at)
            )
        ) as hour_of_day,
        is_contacted
    from fct_contacts
    where direction = 'outbound' and is_call

)

select
    shown_periods.period_grain,
    shown_periods.period_start,
    calls.iso_weekday,
    calls.hour_of_day,
    count(*) as attempted,
    count(*) filter (where calls.is_contacted) as reached
from calls
inner join shown_periods
    on calls.contact_date between shown_periods.period_start and shown_periods.period_end
group by all
order by all
