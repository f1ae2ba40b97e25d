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

unit_days as (

    select * from {{ ref('int_kpi_unit_days') }}

),

sliced as (

    {{ slices('unit_days', [
        'kpi_id', 'part', 'unit_id', 'kpi_date', 'matures_on', 'is_in_numerator',
        'is_in_denominator'
    ]) }}

),

-- names are long and compared again and again: a slice goes by a number until the end

slices as (

    select
        kpi_id,
        dimension,
        member,
        part,
        row_number() over (order by kpi_id, dimension, member, part) as slice_number
    from sliced
    group by kpi_id, dimension, member, part

),

numbered as (

    select
        slices.slice_number,
        sliced.unit_id,
        sliced.kpi_date,
        sliced.matures_on,
        sliced.is_in_numerator,
        sliced.is_in_denominator
    from sliced
    inner join slices
        on
            sliced.kpi_id = slices.kpi_id
            and sliced.dimension = slices.dimension
            and sliced.member = slices.member
            and sliced.part = slices.part

),

{# each grain from the coarsest one it is made of: most units come again and again -#}
{% for grain, finer, first_day in [
    ('day', 'numbered', 'kpi_date'),
    ('week', 'units_by_day', 'period_start'),
    ('month', 'units_by_day', 'period_start'),
    ('quarter', 'units_by_month', 'period_start'),
    ('year', 'units_by_quarter', 'period_start'),
] -%}
units_by_{{ grain }} as (

    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, first_day) }} as period_start,
        slice_number,
        unit_id,
        max(is_in_numerator) as is_in_numerator,
        max(is_in_denominator) as is_in_denominator,
        max(matures_on) as matures_on
    from {{ finer }}
    group by {{ period_start(grain, first_day) }}, slice_number, unit_id

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
        slices.slice_number,
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
    inner join slices on kpi_catalog.kpi_id = slices.kpi_id
    cross join periods
    where
        kpi_catalog.numerator_spans in ('start', 'end')
        or kpi_catalog.denominator_spans in ('start', 'end')

),

numbered_changes as (

    select
        slices.slice_number,
        unit_changes.unit_id,
        unit_changes.calendar_date,
        unit_changes.numerator,
        unit_changes.denominator
    from unit_changes
    inner join slices
        on
            unit_changes.kpi_id = slices.kpi_id
            and unit_changes.dimension = slices.dimension
            and unit_changes.member = slices.member
            and unit_changes.part = slices.part

),

counted_by_spans as (

    select
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.slice_number,
        in_periods.unit_id,
        sum(
            case
                when numbered_changes.calendar_date <= span_days.numerator_date
                    then numbered_changes.numerator * in_periods.is_in_numerator
                else 0
            end
        ) as is_in_numerator,
        sum(
            case
                when numbered_changes.calendar_date <= span_days.denominator_date
                    then numbered_changes.denominator * in_periods.is_in_denominator
                else 0
            end
        ) as is_in_denominator
    from in_periods
    inner join span_days
        on
            in_periods.slice_number = span_days.slice_number
            and in_periods.period_grain = span_days.period_grain
            and in_periods.period_start = span_days.period_start
    inner join numbered_changes
        on
            in_periods.slice_number = numbered_changes.slice_number
            and in_periods.unit_id = numbered_changes.unit_id
            and span_days.last_date >= numbered_changes.calendar_date
    group by
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.slice_number,
        in_periods.unit_id

),

counted as (

    select
        period_grain,
        period_start,
        slice_number,
        is_in_numerator as numerator,
        is_in_denominator as denominator,
        matures_on
    from in_periods

    union all

    select
        period_grain,
        period_start,
        slice_number,
        -is_in_numerator as numerator,
        -is_in_denominator as denominator,
        cast(null as date) as matures_on
    from counted_by_spans

),

summed as (

    select
        period_grain,
        period_start,
        slice_number,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        max(matures_on) as matures_on
    from counted
    group by period_grain, period_start, slice_number

)

select
    slices.kpi_id,
    summed.period_grain,
    summed.period_start,
    slices.dimension,
    slices.member,
    slices.part,
    summed.numerator,
    summed.denominator,
    summed.matures_on
from summed
inner join slices on summed.slice_number = slices.slice_number
