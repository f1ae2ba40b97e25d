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
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,

    -- when
    {{ read_as('adjusted_date', 'date') }} as adjusted_date,
    {{ read_as('due_date', 'date') }} as due_date

from delivered
