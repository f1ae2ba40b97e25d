-- One row per cash movement and debt it goes to, dated by its booking: net cash,
-- reversals on their own day. Cash that belongs to the buyer of a sold debt is not
-- ours.

select
    allocations.allocation_id as unit_id,
    allocations.booked_date as kpi_date,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    allocations.currency,
    customers.segment,
    customers.region,
    allocations.payment_channel,
    allocations.amount as numerator
from {{ ref('fct_allocations') }} as allocations
left join {{ ref('dim_contracts') }} as contracts
    on allocations.contract_id = contracts.contract_id
left join {{ ref('dim_customers') }} as customers
    on allocations.customer_id = customers.customer_id
where allocations.is_ours
