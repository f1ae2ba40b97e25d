-- One row per invitation to a survey that was delivered, dated by its delivery: has a
-- response come?

select
    response_id as unit_id,
    delivered_date as kpi_date,
    -- by then the customer may be asked again, and answers have come in
    {{ add_days('delivered_date', var('survey_repeat_days')) }} as matures_on,
    segment,
    region,
    age_band,
    channel,
    actor,
    case when response_status in ('counted', 'repeated') then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_surveys') }}
where delivered_date is not null
