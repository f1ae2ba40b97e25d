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

begun_and_ended as (

    select
        *,
        kpi_date as calendar_date,
        1 as sign
    from spans

    union all

    select
        *,
        {{ add_days('ends_on', 1) }} as calendar_date,
        -1 as sign
    from spans

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

sliced as (

    {{ slices('changes', [
        'kpi_id', 'part', 'unit_id', 'calendar_date', 'numerator_span_count',
        'denominator_span_count'
    ]) }}

),

daily as (

    select
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        calendar_date,
        sum(numerator_span_count) as numerator_span_count,
        sum(denominator_span_count) as denominator_span_count
    from sliced
    group by kpi_id, dimension, member, part, unit_id, calendar_date

),

running as (

    select
        *,
        sum(numerator_span_count) over so_far as numerator_spans_now,
        sum(denominator_span_count) over so_far as denominator_spans_now
    from daily
    window so_far as (
        partition by kpi_id, dimension, member, part, unit_id
        order by calendar_date
        rows between unbounded preceding and current row
    )

),

counted as (

    select
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        calendar_date,
        least(numerator_spans_now, 1)
        - least(numerator_spans_now - numerator_span_count, 1) as numerator,
        least(denominator_spans_now, 1)
        - least(denominator_spans_now - denominator_span_count, 1) as denominator
    from running

)

select * from counted
where numerator != 0 or denominator != 0
