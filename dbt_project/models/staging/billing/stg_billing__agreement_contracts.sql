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
    try_cast(replaced_amount as decimal(18, 2)) as replaced_amount

from delivered
