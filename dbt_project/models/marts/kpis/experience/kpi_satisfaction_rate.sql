-- One row per rating, dated by the response: was the customer satisfied?

select
    response_id as unit_id,
    responded_date as kpi_date,
    segment,
    region,
    age_band,
    channel,
    actor,
    case when score >= 4 then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_surveys') }}
where survey_kind = 'csat' and response_status = 'counted'
