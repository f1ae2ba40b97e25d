-- One row per outbound call attempted, answered or not, dated by its beginning.

select
    contact_id as unit_id,
    contact_date as kpi_date,
    portfolio,
    segment,
    region,
    team,
    agent_id as agent,
    actor,
    campaign,
    1 as numerator
from {{ ref('fct_contacts') }}
where direction = 'outbound' and channel = 'voice'
