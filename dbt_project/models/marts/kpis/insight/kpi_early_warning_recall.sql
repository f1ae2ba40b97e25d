-- One row per customer who became late within the horizon of a decision on early
-- warnings, dated by the day of the decision: had the customer been flagged?

select
    customer_id || ':' || decision_date as unit_id,
    decision_date as kpi_date,
    matures_on,
    segment,
    region,
    age_band,
    treatment_arm,
    case when is_flagged then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_early_warnings_followed') }}
where became_late
