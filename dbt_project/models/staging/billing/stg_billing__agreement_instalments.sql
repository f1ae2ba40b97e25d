-- One row per instalment an agreement asks for.

with

delivered as (

    {{ delivered('billing', 'agreement_instalments') }}

)

select
    -- ids
    agreement_instalment_id,
    agreement_id,

    -- money
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,

    -- when
    {{ read_as('due_date', 'date') }} as due_date

from delivered
