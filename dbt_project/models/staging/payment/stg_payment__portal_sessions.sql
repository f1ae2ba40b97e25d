-- One row per visit to the payment portal.

with

delivered as (

    {{ delivered('payment', 'portal_sessions') }}

)

select
    -- ids
    session_id,
    customer_id,
    visited_from_contact_id,

    -- what happened
    failure_code,
    coalesce({{ read_as('plan_created', 'boolean') }}, false) as has_created_plan,
    coalesce({{ read_as('had_error', 'boolean') }}, false) as has_error,

    -- when
    {{ instant('started_at') }} as started_at,
    {{ business_date('started_at') }} as started_date,
    {{ instant('submitted_at') }} as submitted_at,
    {{ business_date('submitted_at') }} as submitted_date,
    {{ instant('succeeded_at') }} as succeeded_at,
    {{ business_date('succeeded_at') }} as succeeded_date

from delivered
