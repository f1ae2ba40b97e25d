-- One row per response that counts, dated by the response: a promoter is worth 1, a
-- detractor -1, anyone else nothing.

select
    response_id as unit_id,
    responded_date as kpi_date,
    -- until then a later response of the customer may take its place
    {{ add_days('responded_date', var('survey_repeat_days') - 1) }} as matures_on,
    segment,
    region,
    age_band,
    channel,
    actor,
    case
        when score >= 9 then 1
        when score <= 6 then -1
        else 0
    end as numerator,
    1 as denominator
from {{ ref('fct_surveys') }}
where survey_kind = 'nps' and response_status = 'counted'
