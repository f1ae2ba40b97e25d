-- One row per instalment paid by cash, dated by the day it was covered: days from its
-- due date, weighted by its amount. Early payment counts as negative days.

with

paid as (

    select *
    from {{ ref('int_obligations_settled') }}
    where obligation_kind = 'instalment' and is_settled_by_cash

)

select
    paid.obligation_id as unit_id,
    paid.settled_date as kpi_date,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    contracts.currency,
    contracts.segment,
    contracts.region,
    {{ age_band('contracts.birth_date', 'paid.settled_date') }} as age_band,
    {{ days_between('paid.due_date', 'paid.settled_date') }} * paid.amount as numerator,
    paid.amount as denominator
from paid
inner join {{ ref('dim_contracts') }} as contracts
    on paid.contract_id = contracts.contract_id
