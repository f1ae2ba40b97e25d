-- One row per model and group of customers: their scores beside what came of them, on the newest day
-- of decision whose outcome is known, else the newest. Without the challengers, by which nobody goes.
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
where not ends_with(score_fairness.score_model, '_challenger')
qualify rank() over (
    partition by score_fairness.score_model
    order by score_fairness.matures_on <= release.as_of desc, score_fairness.decision_date desc
) = 1
-- ages by the number they tell, what is not known last
order by
    score_model,
    group_kind != 'all',
    group_kind,
    group_member = 'unknown',
    try_cast(regexp_extract(group_member, '\d+') as integer) nulls first,
    group_member
