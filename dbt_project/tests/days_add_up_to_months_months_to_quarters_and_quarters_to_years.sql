-- Where rows happen on a day and are counted, a period is the sum of those within it: a
-- week or month of its days (if all of them are published), a quarter of its months, a
-- year of its quarters; or it is missing a rate, as something within it is.

with

kpis as (

    select * from {{ ref('kpi_catalog') }}
    where
        counts = 'row'
        and kind != 'statistic'
        and numerator_spans is null
        and denominator_spans is null

),

first_published_days as (

    select min(period_start) as calendar_date
    from {{ ref('int_periods') }}
    where period_grain = 'day'

),

figures as (

    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start,
        kpi_values.dimension,
        kpi_values.member,
        kpi_values.part,
        kpi_values.numerator,
        -- the parts of a mix have a denominator in common, and not all are there every
        -- day
        case when kpis.mix is null then coalesce(kpi_values.denominator, 0) else 0 end
            as denominator,
        kpi_values.unit_count,
        kpi_values.blocked_by,
        kpis.mix
    from {{ ref('kpi_values') }} as kpi_values
    inner join kpis on kpi_values.kpi_id = kpis.kpi_id

),

sides as (

    {% for grain, finer in [
        ('week', 'day'), ('month', 'day'), ('quarter', 'month'), ('year', 'quarter')
    ] %}
    select
        kpi_id,
        period_grain,
        dimension,
        member,
        part,
        numerator,
        denominator,
        unit_count,
        blocked_by,
        -- one part of a mix that is blocked blocks them all
        case when mix is null then blocked_by end as period_blocked_by,
        cast(null as string) as part_blocked_by,
        period_start as coarse_period_start
    from figures
    where period_grain = '{{ grain }}'

    union all

    select
        kpi_id,
        '{{ grain }}' as period_grain,
        dimension,
        member,
        part,
        -numerator as numerator,
        -denominator as denominator,
        -unit_count as unit_count,
        blocked_by,
        cast(null as string) as period_blocked_by,
        case when mix is null then blocked_by end as part_blocked_by,
        {{ period_start(grain, 'period_start') }} as coarse_period_start
    from figures
    where period_grain = '{{ finer }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    kpi_id,
    period_grain,
    coarse_period_start,
    dimension,
    member,
    part,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(unit_count) as unit_count
from sides
where
    period_grain not in ('week', 'month')
    or coarse_period_start >= (select calendar_date from first_published_days)
group by kpi_id, period_grain, coarse_period_start, dimension, member, part
having
    sum(unit_count) != 0
    or (
        count(blocked_by) = 0
        and (sum(numerator) != 0 or sum(denominator) != 0)
    )
    or (count(period_blocked_by) > 0) != (count(part_blocked_by) > 0)
