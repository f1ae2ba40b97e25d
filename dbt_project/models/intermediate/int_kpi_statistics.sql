-- One row per KPI that is a statistic, period and slice: what its model says.

{{ config(materialized='view') }}

{% for kpi_id in kpi_ids() -%}
{%- set kpi = kpi(kpi_id) -%}
{%- if kpi.meta.kind == 'statistic' %}
select
    '{{ kpi_id }}' as kpi_id,
    period_grain,
    period_start,
    dimension,
    member,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator,
    value,
    {{ 'matures_on' if 'matures_on' in kpi.columns else 'cast(null as date) as matures_on' }}
from {{ kpi.relation }}

union all
{%- endif %}
{% endfor %}
select
    cast(null as string) as kpi_id,
    cast(null as string) as period_grain,
    cast(null as date) as period_start,
    cast(null as string) as dimension,
    cast(null as string) as member,
    cast(null as decimal(28, 4)) as numerator,
    cast(null as decimal(28, 4)) as denominator,
    cast(null as double) as value,
    cast(null as date) as matures_on
where false
