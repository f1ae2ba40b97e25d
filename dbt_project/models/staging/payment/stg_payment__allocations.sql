-- One row per part of a payment that its source gives to a debt.

with

delivered as (

    {{ delivered('payment', 'allocations') }}

)

select
    -- ids
    payment_id,
    contract_id,
    instalment_id,

    -- money
    {{ read_as('amount', 'decimal(18, 2)') }} as amount

from delivered
