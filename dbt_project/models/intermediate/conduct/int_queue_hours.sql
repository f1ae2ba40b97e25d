-- One row per place where somebody owes something overdue (country, region, time zone),
-- channel and hour of the day after as_of there, in which the operation works: is the
-- whole of the hour permitted by every conduct rule?

with

queue_days as (

    select {{ add_days('as_of', 1) }} as queue_date
    from {{ ref('int_clock') }}

),

places as (

    select distinct
        overdue.country,
        overdue.region,
        overdue.time_zone,
        queue_days.queue_date,
        business_days.day_kind
    from {{ ref('int_customers_overdue') }} as overdue
    cross join queue_days
    left join {{ ref('int_business_days') }} as business_days
        on
            overdue.country = business_days.country
            and queue_days.queue_date = business_days.calendar_date

),

hours as (

    select 0 as customer_hour
    {%- for hour in range(1, 24) %}
    union all
    select {{ hour }} as customer_hour
    {%- endfor %}

),

channels as (

    select distinct channel from {{ ref('int_contact_attempts') }}
    where is_planned

),

-- when it is that hour there, which hour is it here?

timed as (

    select
        places.*,
        hours.customer_hour,
        {{ time_at(
            "'" ~ var("business_time_zone") ~ "'",
            utc_of(
                "cast(concat(cast(places.queue_date as string), ' ', "
                    ~ "lpad(cast(hours.customer_hour as string), 2, '0'), ':00:00') "
                    ~ "as timestamp)",
                'places.time_zone'
            )
        ) }} as business_at
    from places
    cross join hours

),

worked as (

    select
        timed.*,
        cast(timed.business_at as date) as business_date,
        hour(timed.business_at) as business_hour
    from timed

),

staffed as (

    select worked.*
    from worked
    left join {{ ref('holidays') }} as holidays
        on
            holidays.country = {{ text(var('operation_country')) }}
            and worked.business_date = holidays.holiday_date
    where
        holidays.holiday_date is null
        and {{ is_staffed('worked.business_date', 'worked.business_hour') }}

),

permitted as (

    select
        staffed.country,
        staffed.region,
        staffed.time_zone,
        staffed.customer_hour,
        channels.channel,
        rules.conduct_rule is not null as is_ruled,
        {{ hours_of('staffed.day_kind') }} as permitted_hours
    from staffed
    cross join channels
    left join {{ ref('int_conduct_rules') }} as rules
        on
            rules.rule_kind = 'permitted_hours'
            and channels.channel = rules.channel
            and staffed.queue_date >= rules.valid_from_date
            and staffed.queue_date <= rules.valid_to_date
            and (rules.country is null or staffed.country = rules.country)
            and (rules.region is null or staffed.region = rules.region)

),

judged as (

    select
        *,
        is_ruled and coalesce(
            customer_hour * 60 < {{ first_minute('permitted_hours') }}
            or (customer_hour + 1) * 60 > {{ last_minute('permitted_hours') }},
            true
        ) as is_forbidden
    from permitted

)

select
    country,
    region,
    time_zone,
    channel,
    customer_hour,
    max(case when is_forbidden then 1 else 0 end) = 0 as is_permitted
from judged
group by country, region, time_zone, channel, customer_hour
