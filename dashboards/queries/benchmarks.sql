-- One row per figure of a KPI that a survey tells, to stand beside ours.
select
    kpi_id,
    dimension,
    member,
    part,
    benchmark,
    is_first_choice,
    survey
from kpi_benchmarks
order by all
