-- One row per KPI, period, slice (a member of a dimension, or all) and part of a mix:
-- the published value, what it is the ratio of, and how it compares.

with

clock as (

    select * from {{ ref('int_clock') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}
    where is_available

),

targets as (

    select * from {{ ref('kpi_targets') }}

),

-- each side: the moments in the period, and the stock by the side's rule; the mean of a
-- stock is the only figure that is not exact, and kept apart from the exact ones

sides as (

    select
        kpi_id,
        period_grain,
        period_start,
        dimension,
        member,
        part,
        numerator,
        denominator,
        cast(0 as double) as mean_numerator,
        cast(0 as double) as mean_denominator,
        row_count,
        matures_on,
        blocked_by
    from {{ ref('int_kpi_moments') }}

    union all

    select
        kpi_id,
        period_grain,
        period_start,
        dimension,
        member,
        part,
        numerator,
        denominator,
        0 as mean_numerator,
        0 as mean_denominator,
        0 as row_count,
        matures_on,
        cast(null as string) as blocked_by
    from {{ ref('int_kpi_unit_moments') }}

    union all

    select
        stocks.kpi_id,
        stocks.period_grain,
        stocks.period_start,
        stocks.dimension,
        stocks.member,
        stocks.part,
        case catalog.numerator_spans
            when 'start' then stocks.numerator_start
            when 'end' then stocks.numerator_end
            when 'change' then stocks.numerator_change
            else 0
        end as numerator,
        case catalog.denominator_spans
            when 'start' then stocks.denominator_start
            when 'end' then stocks.denominator_end
            when 'change' then stocks.denominator_change
            else 0
        end as denominator,
        case catalog.numerator_spans
            when 'mean' then stocks.numerator_mean
            else 0
        end as mean_numerator,
        case catalog.denominator_spans
            when 'mean' then stocks.denominator_mean
            else 0
        end as mean_denominator,
        case coalesce(catalog.denominator_spans, catalog.numerator_spans)
            when 'start' then stocks.rows_start
            else stocks.rows_end
        end as row_count,
        cast(null as date) as matures_on,
        least(
            {%- for side in ['numerator', 'denominator'] %}
            case
                when catalog.{{ side }}_spans in ('start', 'change')
                    then stocks.{{ side }}_start_blocked_by
            end,
            case
                when catalog.{{ side }}_spans in ('end', 'change')
                    then stocks.{{ side }}_end_blocked_by
            end{{ ',' if not loop.last }}
            {%- endfor %}
        ) as blocked_by
    from {{ ref('int_kpi_stocks') }} as stocks
    inner join catalog on stocks.kpi_id = catalog.kpi_id

),

summed as (

    select
        kpi_id,
        period_grain,
        period_start,
        dimension,
        member,
        part,
        sum(numerator) as exact_numerator,
        sum(denominator) as exact_denominator,
        sum(mean_numerator) as mean_numerator,
        sum(mean_denominator) as mean_denominator,
        sum(row_count) as row_count,
        max(matures_on) as matures_on,
        min(blocked_by) as blocked_by
    from sides
    group by kpi_id, period_grain, period_start, dimension, member, part

),

-- the parts of a mix are shares of the whole slice

wholes as (

    select
        summed.kpi_id,
        summed.period_grain,
        summed.period_start,
        summed.dimension,
        summed.member,
        sum(summed.exact_denominator) as exact_denominator,
        sum(summed.mean_denominator) as mean_denominator,
        min(summed.blocked_by) as blocked_by
    from summed
    inner join catalog on summed.kpi_id = catalog.kpi_id
    where catalog.mix is not null
    group by
        summed.kpi_id,
        summed.period_grain,
        summed.period_start,
        summed.dimension,
        summed.member

),

shares as (

    select
        summed.kpi_id,
        summed.period_grain,
        summed.period_start,
        summed.dimension,
        summed.member,
        summed.part,
        summed.exact_numerator,
        summed.mean_numerator,
        coalesce(wholes.exact_denominator, summed.exact_denominator)
            as exact_denominator,
        coalesce(wholes.mean_denominator, summed.mean_denominator) as mean_denominator,
        case
            when catalog.counts = 'row' then summed.row_count
            when catalog.kind = 'amount'
                then summed.exact_numerator + summed.mean_numerator
            else summed.exact_denominator + summed.mean_denominator
        end as unit_count,
        summed.matures_on,
        coalesce(wholes.blocked_by, summed.blocked_by) as blocked_by,
        catalog.kind,
        catalog.multiplier
    from summed
    inner join catalog on summed.kpi_id = catalog.kpi_id
    left join wholes
        on
            summed.kpi_id = wholes.kpi_id
            and summed.period_grain = wholes.period_grain
            and summed.period_start = wholes.period_start
            and summed.dimension = wholes.dimension
            and summed.member = wholes.member

),

-- without one of its rates a figure is not known, and none of it is published

totals as (

    select
        *,
        case
            when blocked_by is null
                then exact_numerator + {{ ten_thousandths('mean_numerator') }}
        end as numerator,
        case
            when blocked_by is null and kind != 'amount'
                then exact_denominator + {{ ten_thousandths('mean_denominator') }}
        end as denominator,
        cast(exact_numerator as double) + mean_numerator as unrounded_numerator,
        cast(exact_denominator as double) + mean_denominator as unrounded_denominator
    from shares

),

figures as (

    select
        kpi_id,
        period_grain,
        period_start,
        dimension,
        member,
        part,
        cast(numerator as decimal(28, 4)) as numerator,
        cast(denominator as decimal(28, 4)) as denominator,
        multiplier * case
            when blocked_by is not null then null
            when kind = 'amount' then unrounded_numerator
            when unrounded_denominator > 0
                then {{ ratio('unrounded_numerator', 'unrounded_denominator') }}
        end as value,
        cast(floor(unit_count) as bigint) as unit_count,
        matures_on,
        blocked_by
    from totals

    union all

    select
        kpi_statistics.kpi_id,
        kpi_statistics.period_grain,
        kpi_statistics.period_start,
        kpi_statistics.dimension,
        kpi_statistics.member,
        kpi_statistics.part,
        kpi_statistics.numerator,
        kpi_statistics.denominator,
        catalog.multiplier * kpi_statistics.value as value,
        cast(kpi_statistics.denominator as bigint) as unit_count,
        kpi_statistics.matures_on,
        cast(null as string) as blocked_by
    from {{ ref('int_kpi_statistics') }} as kpi_statistics
    inner join catalog on kpi_statistics.kpi_id = catalog.kpi_id

),

dated as (

    select
        figures.*,
        periods.period_end,
        periods.previous_period_start,
        periods.is_complete_period,
        coalesce(figures.matures_on <= (select as_of from clock), true) as is_mature
    from figures
    inner join periods
        on
            figures.period_grain = periods.period_grain
            and figures.period_start = periods.period_start

),

-- only what is final can be compared; the period before a complete one is complete

compared as (

    select
        dated.*,
        previous.value as previous_value,
        case
            when dated.is_complete_period and dated.is_mature and previous.is_mature
                then dated.value - previous.value
        end as change_points
    from dated
    left join dated as previous
        on
            dated.kpi_id = previous.kpi_id
            and dated.period_grain = previous.period_grain
            and dated.previous_period_start = previous.period_start
            and dated.dimension = previous.dimension
            and dated.member = previous.member
            and dated.part = previous.part

)

select
    compared.kpi_id,
    compared.period_grain,
    compared.period_start,
    compared.period_end,
    compared.dimension,
    compared.member,
    compared.part,
    compared.numerator,
    compared.denominator,
    compared.value,
    compared.unit_count,
    -- days weighted by amounts are days
    case
        when not catalog.is_money or catalog.unit = 'days' then null
        when compared.dimension = 'currency' then compared.member
        else '{{ var("reporting_currency") }}'
    end as currency,
    compared.previous_value,
    compared.change_points,
    {{ ratio('compared.change_points', 'abs(compared.previous_value)') }}
        as change_relative,
    targets.target,
    compared.is_mature,
    compared.unit_count < {{ var('small_sample') }} as is_small_sample,
    compared.is_complete_period,
    compared.blocked_by
from compared
inner join catalog on compared.kpi_id = catalog.kpi_id
left join targets
    on
        compared.kpi_id = targets.kpi_id
        and compared.period_grain = targets.period_grain
        and compared.dimension = targets.dimension
        and compared.member = targets.member
        and compared.part = targets.part
        and compared.period_start >= targets.valid_from_date
        and compared.period_start <= targets.valid_to_date
