-- One row per action that reached a customer, dated by the action: was it done without
-- a person?

select
    contact_id as unit_id,
    contact_date as kpi_date,
    segment,
    channel,
    actor,
    campaign,
    case when actor in ('bot', 'automated', 'self') then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_contacts') }}
-- what was not delivered is not an action
where direction = 'outbound' and is_contacted
