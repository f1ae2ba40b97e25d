-- One row per KPI that counts units, period, slice and part: units with a moment in the
-- period, each once, without those its spans count already there.

with

clock as (

    select * from {{ ref('int_clock') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

kpi_catalog as (

    select * from {{ ref('kpi_catalog') }}

),

unit_changes as (

    select * from {{ ref('int_kpi_unit_changes') }}

),

moments as (

    select
        *,
        case when numerator > 0 then 1 else 0 end as is_in_numerator,
        case when denominator > 0 then 1 else 0 end as is_in_denominator
    from {{ ref('int_kpi_rows') }}
    where
        counts = 'unit'
        and ends_on is null
        and kpi_date <= (select as_of from clock)

),

sliced as (

    {{ slices('moments', [
        'kpi_id', 'part', 'unit_id', 'kpi_date', 'matures_on', 'is_in_numerator',
        'is_in_denominator'
    ]) }}

),

{# each grain from the coarsest one it is made of: most units come again and again -#}
{% for grain, finer, first_day in [
    ('day', 'sliced', 'kpi_date'),
    ('week', 'units_by_day', 'period_start'),
    ('month', 'units_by_day', 'period_start'),
    ('quarter', 'units_by_month', 'period_start'),
    ('year', 'units_by_quarter', 'period_start'),
] -%}
units_by_{{ grain }} as (

    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, first_day) }} as period_start,
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        max(is_in_numerator) as is_in_numerator,
        max(is_in_denominator) as is_in_denominator,
        max(matures_on) as matures_on
    from {{ finer }}
    group by
        {{ period_start(grain, first_day) }}, kpi_id, dimension, member, part, unit_id

),

{% endfor -%}
in_periods as (

    {% for grain in period_grains() %}
    select * from units_by_{{ grain }}
    {%- if grain == 'day' %}
    where
        period_start > {{ add_days(
            '(select as_of from clock)', -var('published_days')
        ) }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- the days on which the spans of each side are read in a period

span_days as (

    select
        kpi_catalog.kpi_id,
        periods.period_grain,
        periods.period_start,
        periods.last_date,
        case kpi_catalog.numerator_spans
            when 'start' then {{ add_days('periods.period_start', -1) }}
            when 'end' then periods.last_date
        end as numerator_date,
        case kpi_catalog.denominator_spans
            when 'start' then {{ add_days('periods.period_start', -1) }}
            when 'end' then periods.last_date
        end as denominator_date
    from kpi_catalog
    cross join periods
    where
        kpi_catalog.numerator_spans in ('start', 'end')
        or kpi_catalog.denominator_spans in ('start', 'end')

),

counted_by_spans as (

    select
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.kpi_id,
        in_periods.dimension,
        in_periods.member,
        in_periods.part,
        in_periods.unit_id,
        sum(
            case
                when unit_changes.calendar_date <= span_days.numerator_date
                    then unit_changes.numerator * in_periods.is_in_numerator
                else 0
            end
        ) as is_in_numerator,
        sum(
            case
                when unit_changes.calendar_date <= span_days.denominator_date
                    then unit_changes.denominator * in_periods.is_in_denominator
                else 0
            end
        ) as is_in_denominator
    from in_periods
    inner join span_days
        on
            in_periods.kpi_id = span_days.kpi_id
            and in_periods.period_grain = span_days.period_grain
            and in_periods.period_start = span_days.period_start
    inner join unit_changes
        on
            in_periods.kpi_id = unit_changes.kpi_id
            and in_periods.dimension = unit_changes.dimension
            and in_periods.member = unit_changes.member
            and in_periods.part = unit_changes.part
            and in_periods.unit_id = unit_changes.unit_id
            and span_days.last_date >= unit_changes.calendar_date
    group by
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.kpi_id,
        in_periods.dimension,
        in_periods.member,
        in_periods.part,
        in_periods.unit_id

),

counted as (

    select
        period_grain,
        period_start,
        kpi_id,
        dimension,
        member,
        part,
        is_in_numerator as numerator,
        is_in_denominator as denominator,
        matures_on
    from in_periods

    union all

    select
        period_grain,
        period_start,
        kpi_id,
        dimension,
        member,
        part,
        -is_in_numerator as numerator,
        -is_in_denominator as denominator,
        cast(null as date) as matures_on
    from counted_by_spans

)

select
    kpi_id,
    period_grain,
    period_start,
    dimension,
    member,
    part,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    max(matures_on) as matures_on
from counted
group by kpi_id, period_grain, period_start, dimension, member, part
