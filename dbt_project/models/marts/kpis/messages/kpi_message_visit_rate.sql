-- One row per message delivered, dated by the day it was sent: did a person visit the
-- page it leads to?

select
    contact_id as unit_id,
    sent_date as kpi_date,
    matures_on,
    segment,
    channel,
    campaign,
    template,
    case when is_visited then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_messages') }}
where is_delivered
