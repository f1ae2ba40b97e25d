-- One row per action that reached a customer, dated by the action: did the customer
-- answer, call back or click within the window?

select
    contact_id as unit_id,
    contact_date as kpi_date,
    response_window_end_date as matures_on,
    segment,
    channel,
    actor,
    campaign,
    case when is_answered then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_actions_followed') }}
