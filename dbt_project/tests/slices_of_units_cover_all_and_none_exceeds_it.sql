-- Where units are counted, the members of a dimension may overlap: together they have
-- at least the units of all, and none has more. The change of a stock knows no such
-- bounds.

with

kpis as (

    select * from {{ ref('kpi_catalog') }}
    where
        counts = 'unit'
        and kind != 'statistic'
        and mix is null
        and coalesce(numerator_spans, '') != 'change'
        and coalesce(denominator_spans, '') != 'change'

),

totals as (

    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start,
        kpi_values.dimension,
        sum(kpi_values.numerator) as numerator,
        sum(coalesce(kpi_values.denominator, 0)) as denominator,
        max(kpi_values.numerator) as largest_numerator,
        max(coalesce(kpi_values.denominator, 0)) as largest_denominator
    from {{ ref('kpi_values') }} as kpi_values
    inner join kpis on kpi_values.kpi_id = kpis.kpi_id
    group by
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start,
        kpi_values.dimension

)

select
    totals.*,
    whole.numerator as whole_numerator,
    whole.denominator as whole_denominator
from totals
left join totals as whole
    on
        totals.kpi_id = whole.kpi_id
        and totals.period_grain = whole.period_grain
        and totals.period_start = whole.period_start
        and whole.dimension = 'all'
where
    whole.kpi_id is null
    or totals.numerator < whole.numerator
    or totals.denominator < whole.denominator
    or totals.largest_numerator > whole.numerator
    or totals.largest_denominator > whole.denominator
