-- One row per contract.

with

delivered as (

    {{ delivered('billing', 'contracts') }}

)

select
    -- ids
    contract_id,
    customer_id,
    coalesce(account_id, contract_id) as account_id,

    -- what it is
    product,
    portfolio,
    creditor_brand,
    coalesce(try_cast(is_complex as boolean), false) as is_complex,

    -- money
    try_cast(principal_amount as decimal(18, 2)) as principal_amount,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,

    -- when
    try_cast(originated_date as date) as originated_date,
    try_cast(closed_date as date) as closed_date,
    try_cast(collection_entry_date as date) as stated_entry_date

from delivered
