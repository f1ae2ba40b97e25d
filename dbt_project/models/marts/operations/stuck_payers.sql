-- One row per customer stuck at the end of as_of: keeps trying to pay in the portal and
-- gets nowhere. The list to work, those who tried most often first.

with

stuck as (

    select * from {{ ref('int_stuck_payers') }}
    where is_stuck_now

),

cases as (

    select * from {{ ref('customer_case') }}

),

last_failures as (

    select
        sessions.customer_id,
        sessions.failure_code
    from {{ ref('fct_portal_sessions') }} as sessions
    inner join stuck
        on
            sessions.customer_id = stuck.customer_id
            and sessions.started_at >= stuck.first_attempt_at
    where sessions.session_status = 'failed' and sessions.failure_code is not null
    qualify row_number() over (
        partition by sessions.customer_id
        order by sessions.started_at desc, sessions.session_id desc
    ) = 1

)

select
    row_number() over (
        order by
            stuck.attempt_count desc,
            stuck.stuck_from_date asc,
            stuck.customer_id asc
    ) as worklist_position,
    stuck.customer_id,

    -- what happened
    stuck.stuck_from_date,
    stuck.attempt_count,
    stuck.failed_attempt_count,
    stuck.attempt_count - stuck.failed_attempt_count as abandoned_attempt_count,
    stuck.last_attempt_at,
    last_failures.failure_code as last_failure_code,

    -- what it is about
    cases.currency,
    cases.overdue_amount,
    cases.outstanding_amount,
    cases.days_past_due,

    -- how to reach the customer
    cases.preferred_channel,
    cases.stated_from_hour,
    cases.stated_to_hour,
    cases.opted_out_channels,
    cases.contact_point_id,
    cases.contact_point_kind,
    cases.time_zone
from stuck
left join cases on stuck.customer_id = cases.customer_id
left join last_failures on stuck.customer_id = last_failures.customer_id
