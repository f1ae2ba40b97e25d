-- One row per model and group of customers: their scores beside what came of them, on the newest day
-- of decision whose outcome is known, else the newest.
select
    score_fairness.score_model,
    score_fairness.decision_date,
    score_fairness.dimension as group_kind,
    score_fairness.member as group_member,
    score_fairness.customer_count,
    score_fairness.mean_score,
    score_fairness.outcome_rate,
    score_fairness.calibration_gap,
    score_fairness.top_decile_share,
    score_fairness.is_small_sample
from score_fairness
cross join release
qualify rank() over (
    partition by score_fairness.score_model
    order by score_fairness.matures_on <= release.as_of desc, score_fairness.decision_date desc
) = 1
order by score_model, group_kind, group_member
