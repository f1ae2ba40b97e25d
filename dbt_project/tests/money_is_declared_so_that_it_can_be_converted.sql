-- A KPI of money says of which sides and has the dimension currency: its rows are
-- counted, and its spans read on a day, for which there is a rate.

select
    kpi_id,
    kind,
    unit,
    counts,
    is_money,
    is_numerator_money,
    is_denominator_money,
    numerator_spans,
    denominator_spans,
    dimensions
from {{ ref('kpi_catalog') }}
where
    is_money != (is_numerator_money or is_denominator_money)
    or (unit = 'money' and not is_numerator_money)
    or (is_numerator_money and numerator_spans = 'mean')
    or (is_denominator_money and denominator_spans = 'mean')
    or (
        is_money
        and (
            counts = 'unit'
            or kind = 'statistic'
            or ', ' || coalesce(dimensions, '') || ',' not like '%, currency,%'
        )
    )
