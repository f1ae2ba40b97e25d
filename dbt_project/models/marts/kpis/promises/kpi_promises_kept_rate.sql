-- One row per promise to pay, whoever called whom, dated by the day it was due: was it
-- kept? A promise not matured counts on neither side, and leaves its cohort immature.

select
    promise_id as unit_id,
    due_date as kpi_date,
    matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    channel,
    team,
    agent_id as agent,
    case when is_matured and promise_status = 'kept' then 1 else 0 end as numerator,
    case when is_matured then 1 else 0 end as denominator
from {{ ref('fct_promises') }}
