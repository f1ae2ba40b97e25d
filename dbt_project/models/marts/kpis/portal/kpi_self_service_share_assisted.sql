-- One row per part of cash, dated by its booking: was it paid in the portal after a
-- person of ours had touched the customer in the hours before?

select
    allocations.allocation_id as unit_id,
    allocations.booked_date as kpi_date,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    allocations.currency,
    customers.segment,
    customers.region,
    case
        when steps.payment_channel = 'portal' and steps.has_human_touch
            then allocations.amount
        else 0
    end as numerator,
    allocations.amount as denominator
from {{ ref('fct_allocations') }} as allocations
inner join {{ ref('int_steps_touched') }} as steps
    on
        steps.step_kind = 'cash'
        and allocations.allocation_id = steps.step_id
left join {{ ref('dim_contracts') }} as contracts
    on allocations.contract_id = contracts.contract_id
left join {{ ref('dim_customers') }} as customers
    on allocations.customer_id = customers.customer_id
where allocations.is_ours
