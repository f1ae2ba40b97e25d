-- One row per part of cash, dated by its booking: by which channel was it paid? What
-- undoes a payment is taken off the payment's channel, on its own day.

with

cash as (

    select * from {{ ref('fct_cash') }}

)

select
    allocations.allocation_id as unit_id,
    allocations.booked_date as kpi_date,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    allocations.currency,
    customers.segment,
    customers.region,
    payments.payment_channel,
    allocations.amount as numerator,
    allocations.amount as denominator
from {{ ref('fct_allocations') }} as allocations
inner join cash on allocations.cash_id = cash.cash_id
inner join cash as payments on cash.cleared_cash_id = payments.cash_id
left join {{ ref('dim_contracts') }} as contracts
    on allocations.contract_id = contracts.contract_id
left join {{ ref('dim_customers') }} as customers
    on allocations.customer_id = customers.customer_id
where allocations.is_ours
