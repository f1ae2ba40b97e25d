-- One row per part of the collection cost and one per part of the cash collected, each
-- dated by its booking. Cash belongs to the channel and team it is attributed to.

select
    unit_id,
    kpi_date,
    portfolio,
    channel,
    team,
    currency,
    numerator,
    0 as denominator
from {{ ref('kpi_collection_cost') }}

union all

select
    cash.allocation_id as unit_id,
    cash.booked_date as kpi_date,
    contracts.portfolio,
    cash.channel,
    cash.team,
    cash.currency,
    0 as numerator,
    cash.amount as denominator
from {{ ref('int_cash_attributed') }} as cash
left join {{ ref('dim_contracts') }} as contracts
    on cash.contract_id = contracts.contract_id
