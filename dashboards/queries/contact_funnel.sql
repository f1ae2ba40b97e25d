-- One row per period and channel ("all" too): outbound contacts, how many reached someone, led to a
-- promise, to one that is due by now, and to one of these that was kept.
with

promises as (

    select
        contact_id,
        bool_or(is_matured) as is_due,
        bool_or(is_matured and promise_status = 'kept') as is_kept
    from fct_promises
    where contact_id is not null
    group by contact_id

),

contacts as (

    select
        contacts.contact_date,
        contacts.channel,
        contacts.is_contacted,
        promises.contact_id is not null as is_promised,
        coalesce(promises.is_due, false) as is_due,
        coalesce(promises.is_kept, false) as is_kept
    from fct_contacts as contacts
    left join promises on contacts.contact_id = promises.contact_id
    where contacts.direction = 'outbound'

)

select
    shown_periods.period_grain,
    shown_periods.period_start,
    coalesce(contacts.channel, 'all') as channel,
    count(*) as attempted,
    count(*) filter (where contacts.is_contacted) as reached,
    count(*) filter (where contacts.is_promised) as promised,
    count(*) filter (where contacts.is_due) as due,
    count(*) filter (where contacts.is_kept) as kept
from contacts
inner join shown_periods
    on contacts.contact_date between shown_periods.period_start and shown_periods.period_end
group by
    shown_periods.period_grain,
    shown_periods.period_start,
    rollup (contacts.channel)
order by all
