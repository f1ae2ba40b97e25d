-- One row per cause for which published values were changed.
select
    cause,
    count(*) as value_count
from kpi_restatements
group by cause
order by value_count desc, cause
