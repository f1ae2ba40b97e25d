-- One row per golden customer: merged ids are one person. Customers known from their
-- contracts alone are here too.

with

merged as (

    select * from {{ ref('int_customers_merged') }}

),

contracts as (

    select * from {{ ref('stg_billing__contracts') }}

),

golden_customers as (

    select
        golden_customer_id as customer_id,
        count(*) as delivered_id_count
    from merged
    group by golden_customer_id

),

customers_of_contracts as (

    select distinct contracts.customer_id
    from contracts
    left join merged on contracts.customer_id = merged.customer_id
    left join golden_customers on contracts.customer_id = golden_customers.customer_id
    where merged.customer_id is null and golden_customers.customer_id is null

),

all_customers as (

    select
        customer_id,
        delivered_id_count
    from golden_customers

    union all

    select
        customer_id,
        0 as delivered_id_count
    from customers_of_contracts

)

select
    all_customers.customer_id,
    all_customers.delivered_id_count,
    customers.customer_kind,
    customers.birth_date,
    customers.region,
    customers.country,
    customers.time_zone,
    customers.segment,
    customers.preferred_channel
from all_customers
left join {{ ref('stg_billing__customers') }} as customers
    on all_customers.customer_id = customers.customer_id
