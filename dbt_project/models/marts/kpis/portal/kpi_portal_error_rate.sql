-- One row per visit to the portal, dated by its beginning: did the page fail?

select
    session_id as unit_id,
    started_date as kpi_date,
    channel,
    campaign,
    template,
    case when has_error then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_portal_sessions') }}
