-- A span ends no sooner than it begins, is final at once, and its KPI says by which
-- rule its sides are read.

select
    kpi_rows.kpi_id,
    kpi_rows.unit_id,
    kpi_rows.kpi_date,
    kpi_rows.ends_on,
    kpi_rows.matures_on,
    kpi_catalog.numerator_spans,
    kpi_catalog.denominator_spans
from {{ ref('int_kpi_rows') }} as kpi_rows
inner join {{ ref('kpi_catalog') }} as kpi_catalog
    on kpi_rows.kpi_id = kpi_catalog.kpi_id
where
    kpi_rows.ends_on is not null
    and (
        kpi_rows.ends_on < kpi_rows.kpi_date
        or kpi_rows.matures_on is not null
        or (kpi_rows.numerator != 0 and kpi_catalog.numerator_spans is null)
        or (kpi_rows.denominator != 0 and kpi_catalog.denominator_spans is null)
    )
