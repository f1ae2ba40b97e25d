-- The cells of a KPI come to its published sides, month by month: what happened in the
-- month, and the stock by the side's rule. A mean is not among the cells.

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
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('kpi_cells') }}
    group by kpi_id, calendar_date, is_stock

),

-- a stock closes its month, and opens the next one

sides as (

    select
        kpi_id,
        {{ period_start('month', 'calendar_date') }} as period_start,
        'happened' as reading,
        numerator,
        denominator
    from daily
    where not is_stock

    union all

    select
        kpi_id,
        {{ period_start('month', 'calendar_date') }} as period_start,
        'closing' as reading,
        numerator,
        denominator
    from daily
    where is_stock

    union all

    select
        kpi_id,
        {{ add_days('calendar_date', 1) }} as period_start,
        'opening' as reading,
        numerator,
        denominator
    from daily
    where
        is_stock
        and {{ period_start('month', 'calendar_date') }}
        != {{ period_start('month', add_days('calendar_date', 1)) }}
        and calendar_date < (select as_of from clock)

),

read_by_rule as (

    select
        sides.kpi_id,
        {%- for side in ['numerator', 'denominator'] %}
        sides.{{ side }} * case
            when sides.reading = 'happened' then 1
            when
                sides.reading = 'closing'
                and kpis.{{ side }}_spans in ('end', 'change')
                then 1
            when sides.reading = 'opening' and kpis.{{ side }}_spans = 'start' then 1
            when sides.reading = 'opening' and kpis.{{ side }}_spans = 'change' then -1
            else 0
        end as {{ side }},
        {%- endfor %}
        sides.period_start
    from sides
    inner join kpis on sides.kpi_id = kpis.kpi_id

    union all

    select
        kpi_values.kpi_id,
        -kpi_values.numerator as numerator,
        -coalesce(kpi_values.denominator, 0) as denominator,
        kpi_values.period_start
    from {{ ref('kpi_values') }} as kpi_values
    inner join kpis on kpi_values.kpi_id = kpis.kpi_id
    where kpi_values.period_grain = 'month' and kpi_values.dimension = 'all'

)

select
    kpi_id,
    period_start,
    sum(numerator) as numerator,
    sum(denominator) as denominator
from read_by_rule
group by kpi_id, period_start
having sum(numerator) != 0 or sum(denominator) != 0
