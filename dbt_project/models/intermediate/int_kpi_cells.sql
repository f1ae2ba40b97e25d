-- One row per KPI that counts its rows, day and combination of all its dimensions and
-- parts: what happened on the day (is_stock false), or what was so at the end of it,
-- for month ends and as_of (is_stock true). Amounts are in the currency of the cell.

{{ config(materialized=kept_for_reading()) }}

with

clock as (

    select * from {{ ref('int_clock') }}

),

stock_days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

)

{% for kpi in kpis(is_statistic=false) if kpi.meta.counts == 'row' %}
select
    '{{ kpi.id }}' as kpi_id,
    kpi_rows.kpi_date as calendar_date,
    false as is_stock,
    {{ kpi_part_and_dimensions(kpi) }},
    sum(cast(kpi_rows.numerator as decimal(28, 4))) as numerator,
    sum({{ kpi_denominator(kpi) }}) as denominator,
    count(*) as row_count,
    {{ 'max(kpi_rows.matures_on)' if 'matures_on' in kpi.columns
        else 'cast(null as date)' }} as matures_on
from {{ kpi.relation }} as kpi_rows
where
    kpi_rows.kpi_date <= (select as_of from clock)
    {{ 'and kpi_rows.ends_on is null' if 'ends_on' in kpi.columns }}
group by kpi_rows.kpi_date{{ kpi_groups(kpi) }}
{% if 'ends_on' in kpi.columns %}
union all

select
    '{{ kpi.id }}' as kpi_id,
    stock_days.calendar_date,
    true as is_stock,
    {{ kpi_part_and_dimensions(kpi) }},
    sum(cast(kpi_rows.numerator as decimal(28, 4))) as numerator,
    sum({{ kpi_denominator(kpi) }}) as denominator,
    count(*) as row_count,
    cast(null as date) as matures_on
from {{ kpi.relation }} as kpi_rows
inner join stock_days
    on
        kpi_rows.kpi_date <= stock_days.calendar_date
        and kpi_rows.ends_on >= stock_days.calendar_date
group by stock_days.calendar_date{{ kpi_groups(kpi) }}
{% endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
