-- One row per visit to the portal in which a payment was submitted, dated by the
-- submission: did none go through?

select
    session_id as unit_id,
    submitted_date as kpi_date,
    segment,
    region,
    age_band,
    channel,
    campaign,
    -- a failure without a code stays apart from what did not fail
    case when session_status = 'failed' then failure_code else 'none' end
        as failure_code,
    case when session_status = 'failed' then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_portal_sessions') }}
where submitted_date is not null
