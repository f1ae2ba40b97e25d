-- One row per customer, telephone or address and span of days (both ends included) at
-- the end of which it counts as verified: a check found it right, not too long ago, and
-- nothing has shown it wrong since.

with

clock as (

    select * from {{ ref('int_clock') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}
    where contact_point_id is not null

),

-- a check of which the day is not known may be of any age
checks as (

    select
        coalesce(merged.golden_customer_id, points.customer_id) as customer_id,
        points.contact_point_id,
        points.contact_point_kind,
        points.checked_at,
        points.checked_date,
        points.is_verified
    from {{ ref('stg_contact__contact_points') }} as points
    left join merged on points.customer_id = merged.customer_id
    where points.checked_date <= (select as_of from clock)

),

points_of_customers as (

    select distinct
        customer_id,
        contact_point_id,
        contact_point_kind
    from checks

),

-- what arrived in the end shows a point right, whatever bounced before

failures as (

    select
        contact_point_id,
        customer_id,
        started_at as failed_at,
        contact_date as failed_date,
        coalesce(outcome = 'bounced', false) as is_bounce
    from contacts
    where
        party = 'wrong'
        or (outcome = 'bounced' and not is_contacted)

    union all

    select
        contacts.contact_point_id,
        contacts.customer_id,
        events.occurred_at as failed_at,
        events.occurred_date as failed_date,
        true as is_bounce
    from {{ ref('fct_contact_events') }} as events
    inner join contacts on events.contact_id = contacts.contact_id
    where events.event = 'bounced' and not contacts.is_contacted

),

-- a dead address is dead for all who share it, a wrong party wrong for the one meant

findings as (

    select
        customer_id,
        contact_point_id,
        contact_point_kind,
        checked_at as found_at,
        checked_date as found_date,
        is_verified
    from checks

    union all

    select
        points_of_customers.customer_id,
        points_of_customers.contact_point_id,
        points_of_customers.contact_point_kind,
        failures.failed_at as found_at,
        failures.failed_date as found_date,
        false as is_verified
    from failures
    inner join points_of_customers
        on
            failures.contact_point_id = points_of_customers.contact_point_id
            and (
                failures.is_bounce
                or failures.customer_id = points_of_customers.customer_id
            )

),

-- the last finding of a day says how it ends; of two at one instant, the one against
last_of_days as (

    select *
    from findings
    qualify row_number() over (
        partition by customer_id, contact_point_id, contact_point_kind, found_date
        order by found_at desc, is_verified asc
    ) = 1

),

spans as (

    select
        *,
        found_date as valid_from_date,
        least(
            {{ add_days('found_date', var('verified_max_age_days')) }},
            coalesce(
                {{ add_days('lead(found_date) over point', -1) }},
                (select as_of from clock)
            )
        ) as valid_to_date
    from last_of_days
    window point as (
        partition by customer_id, contact_point_id, contact_point_kind
        order by found_date
    )

),

-- a check that confirms the one before it goes on with its span

begun as (

    select
        *,
        coalesce(
            lag(valid_to_date) over (
                partition by customer_id, contact_point_id, contact_point_kind
                order by valid_from_date
            ) < {{ add_days('valid_from_date', -1) }},
            true
        ) as is_beginning
    from spans
    where is_verified

),

numbered as (

    select
        *,
        count(*) filter (where is_beginning) over (
            partition by customer_id, contact_point_id, contact_point_kind
            order by valid_from_date
            rows between unbounded preceding and current row
        ) as span_number
    from begun

)

select
    customer_id,
    contact_point_id,
    contact_point_kind,
    min(valid_from_date) as valid_from_date,
    max(valid_to_date) as valid_to_date
from numbered
group by customer_id, contact_point_id, contact_point_kind, span_number
