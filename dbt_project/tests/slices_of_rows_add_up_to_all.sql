-- Where rows are counted, the members of every dimension come to all, in every period,
-- exactly; stocks of money to the rounding of what was converted. Amounts of native
-- currencies add up to nothing, and means are published rounded. What a rate is missing
-- of is not published.

with

kpis as (

    select * from {{ ref('kpi_catalog') }}
    where
        counts = 'row'
        and kind != 'statistic'
        and coalesce(numerator_spans, '') != 'mean'
        and coalesce(denominator_spans, '') != 'mean'

),

-- the parts of a mix have the denominator of their slice in common

slices as (

    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start,
        kpi_values.dimension,
        kpi_values.member,
        sum(kpi_values.numerator) as numerator,
        max(coalesce(kpi_values.denominator, 0)) as denominator,
        sum(kpi_values.unit_count) as unit_count,
        count(kpi_values.blocked_by) as blocked_count,
        sum(
            case
                when
                    kpis.is_money
                    and coalesce(kpis.numerator_spans, kpis.denominator_spans)
                    is not null
                    then 0.001
                else 0
            end
        ) as rounding
    from {{ ref('kpi_values') }} as kpi_values
    inner join kpis on kpi_values.kpi_id = kpis.kpi_id
    where not (kpis.is_money and kpi_values.dimension = 'currency')
    group by
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start,
        kpi_values.dimension,
        kpi_values.member

),

totals as (

    select
        kpi_id,
        period_grain,
        period_start,
        dimension,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(unit_count) as unit_count,
        sum(blocked_count) as blocked_count,
        sum(rounding) as rounding
    from slices
    group by kpi_id, period_grain, period_start, dimension

)

select
    totals.*,
    whole.numerator as whole_numerator,
    whole.denominator as whole_denominator,
    whole.unit_count as whole_unit_count
from totals
left join totals as whole
    on
        totals.kpi_id = whole.kpi_id
        and totals.period_grain = whole.period_grain
        and totals.period_start = whole.period_start
        and whole.dimension = 'all'
where
    whole.kpi_id is null
    or totals.unit_count != whole.unit_count
    or (
        totals.blocked_count + whole.blocked_count = 0
        and (
            abs(totals.numerator - whole.numerator) > totals.rounding + whole.rounding
            or abs(totals.denominator - whole.denominator)
            > totals.rounding + whole.rounding
        )
    )
