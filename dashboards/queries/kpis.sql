-- One row per KPI: all its metadata.
select *
from kpi_catalog
order by kpi_position
