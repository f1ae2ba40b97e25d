-- One row per instalment or invoice of a contract.

with

delivered as (

    {{ delivered('billing', 'instalments') }}

)

select
    -- ids
    instalment_id,
    contract_id,
    {{ read_as('number', 'bigint') }} as instalment_number,

    -- money
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,

    -- when
    {{ read_as('issued_date', 'date') }} as issued_date,
    {{ read_as('due_date', 'date') }} as due_date

from delivered
