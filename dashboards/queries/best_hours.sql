-- One row per slice and hour on the clock of the customer: the share that paid soon after, among
-- customers alike.
select
    dimension,
    member,
    customer_hour,
    unit_count,
    outcome_rate,
    shrunk_rate as value,
    low,
    high,
    difference_points / 100 as difference,
    adjusted_p_value,
    verdict,
    is_recommended,
    window_start_date,
    window_end_date
from best_hour_by_segment
order by dimension, member, customer_hour
