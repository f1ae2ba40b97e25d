-- One row per KPI that counts units, period, slice and part: units with a moment in the
-- period, each once, without those its spans count already there.

with

clock as (

    select * from {{ ref('int_clock') }}

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

combinations as (

    {{ combinations('unit_days') }}

),

combination_slices as (

    {{ slices_of_combinations() }}

),

slices as (

    select distinct
        slice_number,
        kpi_id,
        dimension,
        member,
        part
    from combination_slices

),

units as (

    select
        unit_id,
        row_number() over (order by unit_id) as unit_number
    from unit_days
    group by unit_id

),

numbered as (

    select
        combination_slices.slice_number,
        units.unit_number,
        unit_days.kpi_date,
        unit_days.matures_on,
        unit_days.is_in_numerator,
        unit_days.is_in_denominator
    from unit_days
    inner join combinations
        on
            {{ is_combination_of('unit_days') }}
    inner join combination_slices
        on combinations.combination_number = combination_slices.combination_number
    inner join units on unit_days.unit_id = units.unit_id

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
        {{ period_start(grain, first_day) }} as period_start,
        slice_number,
        unit_number,
        max(is_in_numerator) as is_in_numerator,
        max(is_in_denominator) as is_in_denominator,
        max(matures_on) as matures_on
    from {{ finer }}
    group by {{ period_start(grain, first_day) }}, slice_number, unit_number

),

{% endfor -%}
-- on which day of a period the spans of each side are read

slice_spans as (

    select
        slices.slice_number,
        kpi_catalog.numerator_spans,
        kpi_catalog.denominator_spans
    from slices
    inner join kpi_catalog on slices.kpi_id = kpi_catalog.kpi_id
    where
        kpi_catalog.numerator_spans in ('start', 'end')
        or kpi_catalog.denominator_spans in ('start', 'end')

),

numbered_changes as (

    select
        slices.slice_number,
        units.unit_number,
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
    inner join units on unit_changes.unit_id = units.unit_id

),

-- whether its spans make a unit count on a side, from a change to the next

span_states as (

    select
        slice_number,
        unit_number,
        calendar_date as valid_from_date,
        coalesce(
            {{ add_days(
                'lead(calendar_date) over (
                    partition by slice_number, unit_number order by calendar_date
                )',
                -1
            ) }},
            date '9999-12-31'
        ) as valid_to_date,
        sum(numerator) over so_far as numerator,
        sum(denominator) over so_far as denominator
    from numbered_changes
    window so_far as (
        partition by slice_number, unit_number
        order by calendar_date
        rows between unbounded preceding and current row
    )

),

counted as (

    {% for grain in period_grains() %}
    {%- for side in ['numerator', 'denominator'] %}
    select
        '{{ grain }}' as period_grain,
        counted_units.period_start,
        counted_units.slice_number,
        {{ '-counted_units.is_in_numerator' if side == 'numerator' else '0' }}
            as numerator,
        {{ '-counted_units.is_in_denominator' if side == 'denominator' else '0' }}
            as denominator,
        cast(null as date) as matures_on
    from units_by_{{ grain }} as counted_units
    inner join slice_spans
        on counted_units.slice_number = slice_spans.slice_number
    inner join span_states
        on
            counted_units.slice_number = span_states.slice_number
            and counted_units.unit_number = span_states.unit_number
    where
        span_states.{{ side }} = 1
        and case slice_spans.{{ side }}_spans
            when 'start' then {{ add_days('counted_units.period_start', -1) }}
            when 'end'
                then least(
                    {{ add_days(
                        next_period_start(grain, 'counted_units.period_start'), -1
                    ) }},
                    (select as_of from clock)
                )
        end between span_states.valid_from_date and span_states.valid_to_date

    union all
    {% endfor %}
    select
        '{{ grain }}' as period_grain,
        period_start,
        slice_number,
        is_in_numerator as numerator,
        is_in_denominator as denominator,
        matures_on
    from units_by_{{ grain }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

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
    where
        period_grain != 'day'
        or period_start > {{ add_days(
            '(select as_of from clock)', -var('published_days')
        ) }}
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
