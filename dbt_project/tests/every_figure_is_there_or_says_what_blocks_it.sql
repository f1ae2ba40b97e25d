-- A value has its sides, or says which rate it lacks; none that does is published in
-- part, and what is in its own currency needs no rate.

select
    kpi_values.kpi_id,
    kpi_values.period_grain,
    kpi_values.period_start,
    kpi_values.dimension,
    kpi_values.member,
    kpi_values.part,
    kpi_values.numerator,
    kpi_values.denominator,
    kpi_values.value,
    kpi_values.blocked_by
from {{ ref('kpi_values') }} as kpi_values
inner join {{ ref('kpi_catalog') }} as kpi_catalog
    on kpi_values.kpi_id = kpi_catalog.kpi_id
where
    (kpi_values.numerator is null) != (kpi_values.blocked_by is not null)
    or (kpi_values.denominator is null)
    != (kpi_values.blocked_by is not null or kpi_catalog.kind = 'amount')
    or (kpi_values.blocked_by is not null and kpi_values.value is not null)
    or (
        kpi_values.blocked_by is not null
        and (not kpi_catalog.is_money or kpi_values.dimension = 'currency')
    )
