-- One row per customer flagged by early warning, dated by the day of the decision: did
-- the customer become late within the horizon?

select
    customer_id || ':' || decision_date as unit_id,
    decision_date as kpi_date,
    matures_on,
    segment,
    region,
    age_band,
    treatment_arm,
    case when became_late then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_early_warnings_followed') }}
where is_flagged
