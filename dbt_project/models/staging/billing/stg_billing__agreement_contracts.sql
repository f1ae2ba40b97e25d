-- One row per agreement and contract it replaces.

with

delivered as (

    {{ delivered('billing', 'agreement_contracts') }}

)

select
    -- ids
    agreement_id,
    contract_id,

    -- money
    {{ read_as('replaced_amount', 'decimal(18, 2)') }} as replaced_amount

from delivered
