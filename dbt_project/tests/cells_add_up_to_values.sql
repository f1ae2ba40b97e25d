-- The cells of a KPI come to its published sides, month by month: what happened in the
-- month, and the stock by the side's rule; in all in the reporting currency, and of
-- each currency in its own. A mean is not among the cells, and what a rate is missing
-- of is not published. Converted stocks are rounded cell by cell.

with

clock as (

    select * from {{ ref('int_clock') }}

),

kpis as (

    select * from {{ ref('kpi_catalog') }}
    where
        counts = 'row'
        and kind != 'statistic'
        and mix is null
        and is_available
        and coalesce(numerator_spans, '') != 'mean'
        and coalesce(denominator_spans, '') != 'mean'

),

daily as (

    select
        kpi_id,
        calendar_date,
        is_stock,
        'all' as dimension,
        'all' as member,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        min(blocked_by) as blocked_by,
        0.00005 * count(
            case
                when
                    is_stock
                    and (
                        numerator != native_numerator
                        or denominator != native_denominator
                    )
                    then 1
            end
        ) as rounding
    from {{ ref('kpi_cells') }}
    group by kpi_id, calendar_date, is_stock

    union all

    select
        kpi_id,
        calendar_date,
        is_stock,
        'currency' as dimension,
        currency as member,
        sum(native_numerator) as numerator,
        sum(native_denominator) as denominator,
        cast(null as string) as blocked_by,
        0 as rounding
    from {{ ref('kpi_cells') }}
    where currency is not null
    group by kpi_id, calendar_date, is_stock, currency

),

-- a stock closes its month, and opens the next one

read as (

    select
        *,
        {{ period_start('month', 'calendar_date') }} as period_start,
        case when is_stock then 'closing' else 'happened' end as reading
    from daily

    union all

    select
        *,
        {{ add_days('calendar_date', 1) }} as period_start,
        'opening' as reading
    from daily
    where
        is_stock
        and {{ period_start('month', 'calendar_date') }}
        != {{ period_start('month', add_days('calendar_date', 1)) }}
        and calendar_date < (select as_of from clock)

),

read_by_rule as (

    select
        read.kpi_id,
        read.period_start,
        read.dimension,
        read.member,
        {%- for side in ['numerator', 'denominator'] %}
        read.{{ side }} * case
            when read.reading = 'happened' then 1
            when
                read.reading = 'closing'
                and kpis.{{ side }}_spans in ('end', 'change')
                then 1
            when read.reading = 'opening' and kpis.{{ side }}_spans = 'start' then 1
            when read.reading = 'opening' and kpis.{{ side }}_spans = 'change' then -1
            else 0
        end as {{ side }},
        {%- endfor %}
        read.blocked_by,
        read.rounding
    from read
    inner join kpis on read.kpi_id = kpis.kpi_id

    union all

    select
        kpi_values.kpi_id,
        kpi_values.period_start,
        kpi_values.dimension,
        kpi_values.member,
        -kpi_values.numerator as numerator,
        -coalesce(kpi_values.denominator, 0) as denominator,
        kpi_values.blocked_by,
        case
            when kpis.is_money and kpi_values.dimension = 'all' then 0.001
            else 0
        end as rounding
    from {{ ref('kpi_values') }} as kpi_values
    inner join kpis on kpi_values.kpi_id = kpis.kpi_id
    where
        kpi_values.period_grain = 'month'
        and kpi_values.dimension in ('all', 'currency')

)

select
    kpi_id,
    period_start,
    dimension,
    member,
    sum(numerator) as numerator,
    sum(denominator) as denominator
from read_by_rule
group by kpi_id, period_start, dimension, member
having
    count(blocked_by) = 0
    and (
        abs(sum(numerator)) > sum(rounding) or abs(sum(denominator)) > sum(rounding)
    )
