-- One row per change of what is owed other than a payment. Positive as its kind says,
-- negative where it undoes an earlier one.

with

delivered as (

    {{ delivered('billing', 'adjustments') }}

)

select
    -- ids
    adjustment_id,
    contract_id,
    instalment_id,

    -- what changes
    lower(kind) as adjustment_kind,
    try_cast(amount as decimal(18, 2)) as amount,

    -- when
    try_cast(adjusted_date as date) as adjusted_date,
    try_cast(due_date as date) as due_date

from delivered
