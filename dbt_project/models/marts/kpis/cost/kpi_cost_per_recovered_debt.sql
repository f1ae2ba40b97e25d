-- One row per part of the collection cost, dated by its booking, and one per debt that
-- was settled, dated by the day it left collection.

select
    unit_id,
    kpi_date,
    portfolio,
    currency,
    numerator,
    0 as denominator
from {{ ref('kpi_collection_cost') }}

union all

select
    contract_id as unit_id,
    exit_date as kpi_date,
    portfolio,
    currency,
    0 as numerator,
    1 as denominator
from {{ ref('fct_collection_episodes') }}
where exit_reason in ('paid', 'settled_with_haircut')
