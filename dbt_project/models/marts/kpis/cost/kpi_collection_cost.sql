-- One row per cost and what it falls on, dated by its booking.

select
    cost_id as unit_id,
    cost_date as kpi_date,
    cost_kind,
    channel,
    team,
    portfolio,
    currency,
    amount as numerator
from {{ ref('fct_costs') }}
