-- One row per run, the newest first.
select
    started_at,
    outcome,
    rows_in,
    rows_rejected,
    rows_released,
    seconds
from release_runs
order by started_at desc
limit 14
