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

moments as (

    select * from {{ ref('int_kpi_rows') }}
    where
        counts = 'unit'
        and ends_on is null
        and kpi_date <= (select as_of from clock)

),

sliced as (

    {{ slices('moments', [
        'kpi_id', 'part', 'unit_id', 'kpi_date', 'matures_on', 'numerator', 'denominator'
    ]) }}

),

daily as (

    select
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        kpi_date,
        max(case when numerator > 0 then 1 else 0 end) as numerator,
        max(case when denominator > 0 then 1 else 0 end) as denominator,
        max(matures_on) as matures_on
    from sliced
    group by kpi_id, dimension, member, part, unit_id, kpi_date

),

in_periods as (

    {% for grain in period_grains() %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'kpi_date') }} as period_start,
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        max(numerator) as numerator,
        max(denominator) as denominator,
        max(matures_on) as matures_on
    from daily
    {%- if grain == 'day' %}
    where
        kpi_date > {{ add_days('(select as_of from clock)', -var('published_days')) }}
    {%- endif %}
    group by
        {{ period_start(grain, 'kpi_date') }}, kpi_id, dimension, member, part, unit_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- the day on which the spans of a side are read in a period

span_days as (

    select
        kpi_catalog.kpi_id,
        periods.period_grain,
        periods.period_start,
        'numerator' as side,
        case kpi_catalog.numerator_spans
            when 'start' then {{ add_days('periods.period_start', -1) }}
            else periods.last_date
        end as span_date
    from kpi_catalog
    cross join periods
    where kpi_catalog.numerator_spans in ('start', 'end')

    union all

    select
        kpi_catalog.kpi_id,
        periods.period_grain,
        periods.period_start,
        'denominator' as side,
        case kpi_catalog.denominator_spans
            when 'start' then {{ add_days('periods.period_start', -1) }}
            else periods.last_date
        end as span_date
    from kpi_catalog
    cross join periods
    where kpi_catalog.denominator_spans in ('start', 'end')

),

counted_by_spans as (

    select
        in_periods.kpi_id,
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.dimension,
        in_periods.member,
        in_periods.part,
        in_periods.unit_id,
        max(case when spans.side = 'numerator' then 1 else 0 end) as numerator,
        max(case when spans.side = 'denominator' then 1 else 0 end) as denominator
    from in_periods
    inner join span_days
        on
            in_periods.kpi_id = span_days.kpi_id
            and in_periods.period_grain = span_days.period_grain
            and in_periods.period_start = span_days.period_start
    inner join {{ ref('int_kpi_unit_spans') }} as spans
        on
            in_periods.kpi_id = spans.kpi_id
            and in_periods.dimension = spans.dimension
            and in_periods.member = spans.member
            and in_periods.part = spans.part
            and in_periods.unit_id = spans.unit_id
            and span_days.side = spans.side
            and span_days.span_date >= spans.kpi_date
            and span_days.span_date <= spans.ends_on
    group by
        in_periods.kpi_id,
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.dimension,
        in_periods.member,
        in_periods.part,
        in_periods.unit_id

)

select
    in_periods.kpi_id,
    in_periods.period_grain,
    in_periods.period_start,
    in_periods.dimension,
    in_periods.member,
    in_periods.part,
    sum(greatest(in_periods.numerator - coalesce(counted_by_spans.numerator, 0), 0))
        as numerator,
    sum(greatest(in_periods.denominator - coalesce(counted_by_spans.denominator, 0), 0))
        as denominator,
    max(in_periods.matures_on) as matures_on
from in_periods
left join counted_by_spans
    on
        in_periods.kpi_id = counted_by_spans.kpi_id
        and in_periods.period_grain = counted_by_spans.period_grain
        and in_periods.period_start = counted_by_spans.period_start
        and in_periods.dimension = counted_by_spans.dimension
        and in_periods.member = counted_by_spans.member
        and in_periods.part = counted_by_spans.part
        and in_periods.unit_id = counted_by_spans.unit_id
group by
    in_periods.kpi_id,
    in_periods.period_grain,
    in_periods.period_start,
    in_periods.dimension,
    in_periods.member,
    in_periods.part
