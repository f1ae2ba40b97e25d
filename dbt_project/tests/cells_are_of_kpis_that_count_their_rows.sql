-- What counts units cannot be added up over cells, and is not among them.

select distinct kpi_cells.kpi_id
from {{ ref('kpi_cells') }} as kpi_cells
left join {{ ref('kpi_catalog') }} as kpi_catalog
    on
        kpi_cells.kpi_id = kpi_catalog.kpi_id
        and kpi_catalog.counts = 'row'
        and kpi_catalog.kind != 'statistic'
where kpi_catalog.kpi_id is null
