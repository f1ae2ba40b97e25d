-- One row per KPI that counts its rows, day and combination of all its dimensions and
-- parts on which spans begin, which adds to both sides, or those that ended the day
-- before are no more, which takes away.

{{ config(materialized=kept_for_reading()) }}

with

clock as (

    select * from {{ ref('int_clock') }}

),

begin_and_end as (

    select 1 as sign
    union all
    select -1 as sign

)

{% for kpi in kpis(is_statistic=false)
    if kpi.meta.counts == 'row' and 'ends_on' in kpi.columns %}
select
    '{{ kpi.id }}' as kpi_id,
    kpi_rows.calendar_date,
    {{ kpi_part_and_dimensions(kpi) }},
    sum(kpi_rows.sign * cast(kpi_rows.numerator as decimal(28, 4))) as numerator,
    sum(kpi_rows.sign * {{ kpi_denominator(kpi) }}) as denominator,
    sum(kpi_rows.sign) as row_count
from (
    select
        spans.*,
        begin_and_end.sign,
        case begin_and_end.sign
            when 1 then spans.kpi_date
            else {{ add_days('spans.ends_on', 1) }}
        end as calendar_date
    from {{ kpi.relation }} as spans
    cross join begin_and_end
    where spans.ends_on is not null
) as kpi_rows
where kpi_rows.calendar_date <= (select as_of from clock)
group by kpi_rows.calendar_date{{ kpi_groups(kpi) }}
{{ 'union all' if not loop.last }}
{% endfor %}
