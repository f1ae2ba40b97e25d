-- One row per KPI that counts units, slice, part, unit and day on which the spans of
-- the unit make it count from then on (1) or no longer (-1): however many there are, it
-- counts once a day.

with

clock as (

    select * from {{ ref('int_clock') }}

),

spans as (

    select
        *,
        case when numerator > 0 then 1 else 0 end as numerator_span,
        case when denominator > 0 then 1 else 0 end as denominator_span
    from {{ ref('int_kpi_rows') }}
    where counts = 'unit' and ends_on is not null

),

begin_and_end as (

    select 1 as sign
    union all
    select -1 as sign

),

begun_and_ended as (

    select
        spans.*,
        begin_and_end.sign,
        case begin_and_end.sign
            when 1 then spans.kpi_date
            else {{ add_days('spans.ends_on', 1) }}
        end as calendar_date
    from spans
    cross join begin_and_end

),

-- summed before they are sliced: spans that follow upon each other cancel out here, and
-- most of the work is then on few rows

changes as (

    select
        kpi_id,
        part,
        {%- for dimension in kpi_dimensions() %}
        {{ dimension }},
        {%- endfor %}
        unit_id,
        calendar_date,
        sum(sign * numerator_span) as numerator_span_count,
        sum(sign * denominator_span) as denominator_span_count
    from begun_and_ended
    where calendar_date <= (select as_of from clock)
    group by
        kpi_id,
        part,
        {%- for dimension in kpi_dimensions() %}
        {{ dimension }},
        {%- endfor %}
        unit_id,
        calendar_date
    having
        sum(sign * numerator_span) != 0
        or sum(sign * denominator_span) != 0

),

combinations as (

    {{ combinations('changes') }}

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

daily as (

    select
        combination_slices.slice_number,
        changes.unit_id,
        changes.calendar_date,
        sum(changes.numerator_span_count) as numerator_span_count,
        sum(changes.denominator_span_count) as denominator_span_count
    from changes
    inner join combinations
        on
            {{ is_combination_of('changes') }}
    inner join combination_slices
        on combinations.combination_number = combination_slices.combination_number
    group by
        combination_slices.slice_number, changes.unit_id, changes.calendar_date

),

running as (

    select
        *,
        sum(numerator_span_count) over so_far as numerator_spans_now,
        sum(denominator_span_count) over so_far as denominator_spans_now
    from daily
    window so_far as (
        partition by slice_number, unit_id
        order by calendar_date
        rows between unbounded preceding and current row
    )

),

counted as (

    select
        slice_number,
        unit_id,
        calendar_date,
        least(numerator_spans_now, 1)
        - least(numerator_spans_now - numerator_span_count, 1) as numerator,
        least(denominator_spans_now, 1)
        - least(denominator_spans_now - denominator_span_count, 1) as denominator
    from running

)

select
    slices.kpi_id,
    slices.dimension,
    slices.member,
    slices.part,
    counted.unit_id,
    counted.calendar_date,
    counted.numerator,
    counted.denominator
from counted
inner join slices on counted.slice_number = slices.slice_number
where counted.numerator != 0 or counted.denominator != 0
