-- One row per row of every KPI that is a ratio or an amount, with the conformed
-- dimensions side by side: 'unknown' where the KPI has the dimension and the row does
-- not, NULL where the KPI does not have it.

{{ config(materialized=kept_for_reading()) }}

{% for kpi in kpis(is_statistic=false) %}
select
    '{{ kpi.id }}' as kpi_id,
    '{{ kpi.meta.counts }}' as counts,
    cast(kpi_rows.unit_id as string) as unit_id,
    kpi_rows.kpi_date,
    {{ 'kpi_rows.ends_on' if 'ends_on' in kpi.columns
        else 'cast(null as date)' }} as ends_on,
    {{ 'kpi_rows.matures_on' if 'matures_on' in kpi.columns
        else 'cast(null as date)' }} as matures_on,
    {{ kpi_part_and_dimensions(kpi) }},
    cast(kpi_rows.numerator as decimal(28, 4)) as numerator,
    {{ kpi_denominator(kpi) }} as denominator
from {{ kpi.relation }} as kpi_rows
{{ 'union all' if not loop.last }}
{% endfor %}
