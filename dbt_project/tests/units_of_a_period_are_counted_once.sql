-- Where units are counted as things happen to them, a month and a year have the
-- distinct ones of their rows.

with

kpis as (

    select * from {{ ref('kpi_catalog') }}
    where
        counts = 'unit'
        and kind != 'statistic'
        and mix is null
        and is_available
        and numerator_spans is null
        and denominator_spans is null

),

moments as (

    select
        kpi_rows.kpi_id,
        kpi_rows.unit_id,
        kpi_rows.kpi_date,
        kpi_rows.numerator > 0 as is_in_numerator,
        kpi_rows.denominator > 0 as is_in_denominator
    from {{ ref('int_kpi_rows') }} as kpi_rows
    inner join kpis on kpi_rows.kpi_id = kpis.kpi_id
    where kpi_rows.kpi_date <= (select as_of from {{ ref('int_clock') }})

),

sides as (

    {% for grain in ['month', 'year'] %}
    select
        kpi_id,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'kpi_date') }} as period_start,
        count(distinct case when is_in_numerator then unit_id end) as numerator,
        count(distinct case when is_in_denominator then unit_id end) as denominator
    from moments
    group by kpi_id, {{ period_start(grain, 'kpi_date') }}

    union all
    {% endfor %}
    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start,
        -kpi_values.numerator as numerator,
        -coalesce(kpi_values.denominator, 0) as denominator
    from {{ ref('kpi_values') }} as kpi_values
    inner join kpis on kpi_values.kpi_id = kpis.kpi_id
    where
        kpi_values.dimension = 'all'
        and kpi_values.period_grain in ('month', 'year')

)

select
    kpi_id,
    period_grain,
    period_start,
    sum(numerator) as numerator,
    sum(denominator) as denominator
from sides
group by kpi_id, period_grain, period_start
having sum(numerator) != 0 or sum(denominator) != 0
