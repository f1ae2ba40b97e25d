-- One row per contract, which is the debt, with what is known of its customer.

with

contracts as (

    select * from {{ ref('stg_billing__contracts') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

golden as (

    select
        contracts.*,
        coalesce(merged.golden_customer_id, contracts.customer_id) as golden_customer_id
    from contracts
    left join merged on contracts.customer_id = merged.customer_id

)

select
    golden.contract_id,
    golden.golden_customer_id as customer_id,
    golden.account_id,
    golden.product,
    golden.portfolio,
    golden.creditor_brand,
    golden.currency,
    golden.principal_amount,
    golden.is_complex,
    golden.originated_date,
    golden.closed_date,
    golden.stated_entry_date,
    customers.segment,
    customers.region,
    customers.birth_date
from golden
left join {{ ref('dim_customers') }} as customers
    on golden.golden_customer_id = customers.customer_id
