-- One row per row of every KPI that is a ratio or an amount, with the conformed
-- dimensions side by side: 'unknown' where the KPI has the dimension and the row does
-- not, NULL where the KPI does not have it.

{{ config(materialized='view') }}

{% for kpi in kpis(is_statistic=false) %}
select
    '{{ kpi.id }}' as kpi_id,
    '{{ kpi.meta.counts }}' as counts,
    cast(unit_id as string) as unit_id,
    kpi_date,
    {{ 'ends_on' if 'ends_on' in kpi.columns else 'cast(null as date) as ends_on' }},
    {{ 'matures_on' if 'matures_on' in kpi.columns
        else 'cast(null as date) as matures_on' }},
    {{ "coalesce(" ~ kpi.meta.mix ~ ", 'unknown')" if kpi.meta.mix
        else "'all'" }} as part,
    {%- for dimension in kpi_dimensions() %}
    {{ "coalesce(" ~ dimension ~ ", 'unknown')" if dimension in kpi.meta.dimensions
        else 'cast(null as string)' }} as {{ dimension }},
    {%- endfor %}
    cast(numerator as decimal(28, 4)) as numerator,
    cast({{ 'denominator' if 'denominator' in kpi.columns else '0' }} as decimal(28, 4))
        as denominator
from {{ kpi.relation }}
{{ 'union all' if not loop.last }}
{% endfor %}
