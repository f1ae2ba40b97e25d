-- One row per visit to the portal, dated by its beginning: was nothing ever submitted?

select
    session_id as unit_id,
    started_date as kpi_date,
    segment,
    region,
    age_band,
    channel,
    campaign,
    template,
    case when session_status = 'abandoned' then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_portal_sessions') }}
