-- One row per KPI that counts units, unit, day and combination of its dimensions and
-- parts with a moment: on which sides the unit counts then, however many there are.

{{ config(materialized=kept_for_reading()) }}

with

clock as (

    select * from {{ ref('int_clock') }}

)

{% for kpi in kpis(is_statistic=false) if kpi.meta.counts == 'unit' %}
select
    '{{ kpi.id }}' as kpi_id,
    cast(kpi_rows.unit_id as string) as unit_id,
    kpi_rows.kpi_date,
    {{ kpi_part_and_dimensions(kpi) }},
    max(case when kpi_rows.numerator > 0 then 1 else 0 end) as is_in_numerator,
    max(case when kpi_rows.denominator > 0 then 1 else 0 end) as is_in_denominator,
    {{ 'max(kpi_rows.matures_on)' if 'matures_on' in kpi.columns
        else 'cast(null as date)' }} as matures_on
from {{ kpi.relation }} as kpi_rows
where
    kpi_rows.kpi_date <= (select as_of from clock)
    {{ 'and kpi_rows.ends_on is null' if 'ends_on' in kpi.columns }}
group by kpi_rows.unit_id, kpi_rows.kpi_date{{ kpi_groups(kpi) }}
{{ 'union all' if not loop.last }}
{% endfor %}
