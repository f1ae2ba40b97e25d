-- One row per customer and action that reached the customer, dated by the action: did
-- the customer answer, call back or click within the window?

select
    customer_id as unit_id,
    contact_date as kpi_date,
    response_window_end_date as matures_on,
    segment,
    region,
    age_band,
    channel,
    actor,
    campaign,
    case when is_answered then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_actions_followed') }}
