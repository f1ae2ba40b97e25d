-- One row per monthly value, of all slices together, that a release changed; the newest first.
select
    kpi_id,
    period_start,
    part,
    old_value,
    new_value,
    cause,
    restated_at
from kpi_restatements
where period_grain = 'month' and dimension = 'all'
order by restated_at desc, period_start desc, kpi_id, part
limit 30
