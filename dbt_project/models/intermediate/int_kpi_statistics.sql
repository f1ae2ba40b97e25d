-- One row per KPI that is a statistic, period, slice and part, where its model gives
-- several figures: what its model says.

{{ config(materialized=kept_for_reading()) }}

{% for kpi in kpis(is_statistic=true) %}
select
    '{{ kpi.id }}' as kpi_id,
    period_grain,
    period_start,
    dimension,
    member,
    {{ 'part' if 'part' in kpi.columns else "'all' as part" }},
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator,
    value,
    {{ 'matures_on' if 'matures_on' in kpi.columns
        else 'cast(null as date) as matures_on' }}
from {{ kpi.relation }}
{{ 'union all' if not loop.last }}
{% endfor %}
