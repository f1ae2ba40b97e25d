-- One row per customer and span of days (both ends included) at the end of which the
-- customer was stuck: several visits to the portal within a few days that came to
-- nothing, and no payment and no agreement since.

with

clock as (

    select * from {{ ref('int_clock') }}

),

attempts as (

    select
        customer_id,
        started_at as occurred_at,
        started_date as occurred_date,
        session_status,
        false as is_success
    from {{ ref('fct_portal_sessions') }}
    where session_status in ('failed', 'abandoned') and customer_id is not null

),

-- paying or agreeing by any other way is a way out too

successes as (

    select
        customer_id,
        coalesce(succeeded_at, started_at) as occurred_at,
        coalesce(succeeded_date, started_date) as occurred_date,
        session_status,
        true as is_success
    from {{ ref('fct_portal_sessions') }}
    where session_status in ('succeeded', 'plan_only') and customer_id is not null

    union all

    select
        customer_id,
        response_at as occurred_at,
        response_date as occurred_date,
        cast(null as string) as session_status,
        true as is_success
    from {{ ref('int_customer_responses') }}
    where response_kind in ('payment', 'agreement')

),

events as (

    select * from attempts
    union all
    select * from successes

),

-- every success begins the count anew

numbered as (

    select
        *,
        count(*) filter (where is_success) over (
            partition by customer_id order by occurred_at asc, is_success asc
            rows between unbounded preceding and current row
        ) as success_number,
        min(case when is_success then occurred_date end) over (
            partition by customer_id order by occurred_at asc, is_success asc
            rows between 1 following and unbounded following
        ) as next_success_date
    from events

),

followed as (

    select
        *,
        lag(occurred_date, {{ var('stuck_payer_attempts') - 1 }}) over (
            partition by customer_id, success_number
            order by occurred_at asc
        ) as first_of_them_date
    from numbered
    where not is_success

),

runs as (

    select
        customer_id,
        success_number,
        min(occurred_date) filter (
            where
            {{ add_days('first_of_them_date', var('stuck_payer_days')) }}
            > occurred_date
        ) as stuck_from_date,
        coalesce(
            {{ add_days('min(next_success_date)', -1) }}, (select as_of from clock)
        ) as stuck_to_date,
        count(*) as attempt_count,
        count(*) filter (where session_status = 'failed') as failed_attempt_count,
        min(occurred_at) as first_attempt_at,
        max(occurred_at) as last_attempt_at
    from followed
    group by customer_id, success_number

)

select
    customer_id,
    stuck_from_date,
    stuck_to_date,
    stuck_to_date = (select as_of from clock) as is_stuck_now,
    attempt_count,
    failed_attempt_count,
    first_attempt_at,
    last_attempt_at
from runs
where stuck_to_date >= stuck_from_date
