-- One row per instalment as its contract asks for it: what fell due when, and the day
-- on which it was covered.

select
    instalments.obligation_id as instalment_id,
    instalments.contract_id,
    contracts.customer_id,
    instalments.due_date,
    instalments.original_due_date,
    instalments.amount,
    contracts.currency,
    instalments.settled_date,
    instalments.is_settled_by_cash
from {{ ref('int_obligations_settled') }} as instalments
inner join {{ ref('dim_contracts') }} as contracts
    on instalments.contract_id = contracts.contract_id
where instalments.obligation_kind = 'instalment'
