-- One row per experiment and arm other than the control: its outcomes against those of the control.
select
    results.experiment,
    results.arm,
    coalesce(results.control_arm, seed.control_arm) as control_arm,
    seed.description_en,
    seed.description_pt,
    seed.description_es,
    results.outcome,
    results.assigned_count,
    results.control_assigned_count,
    results.outcome_rate,
    results.control_outcome_rate,
    results.difference as value,
    results.interval_low as low,
    results.interval_high as high,
    results.difference_relative,
    results.p_value,
    results.adjusted_p_value,
    results.verdict,
    results.withheld_because
from experiment_results as results
left join experiments as seed using (experiment)
order by results.experiment, results.arm
