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
    coalesce({{ read_as('is_complex', 'boolean') }}, false) as is_complex,

    -- money
    {{ read_as('principal_amount', 'decimal(18, 2)') }} as principal_amount,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,

    -- when
    {{ read_as('originated_date', 'date') }} as originated_date,
    {{ read_as('closed_date', 'date') }} as closed_date,
    {{ read_as('collection_entry_date', 'date') }} as stated_entry_date

from delivered
