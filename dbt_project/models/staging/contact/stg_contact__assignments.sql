-- One row per experiment and time a customer, or a contract, was assigned to one of its
-- arms.

with

delivered as (

    {{ delivered('contact', 'assignments') }}

)

select
    -- ids
    customer_id,
    contract_id,

    -- what was decided
    experiment,
    arm,
    {{ read_as('planned_share', 'decimal(18, 6)') }} as planned_share,

    -- when
    {{ instant('assigned_at') }} as assigned_at,
    {{ business_date('assigned_at') }} as assigned_date

from delivered
