-- One row per instalment or invoice of a contract.

with

delivered as (

    {{ delivered('billing', 'instalments') }}

)

select
    -- ids
    instalment_id,
    contract_id,
    try_cast(number as bigint) as instalment_number,

    -- money
    try_cast(amount as decimal(18, 2)) as amount,

    -- when
    try_cast(issued_date as date) as issued_date,
    try_cast(due_date as date) as due_date

from delivered
