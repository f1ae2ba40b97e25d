-- One row per slice and channel: the share that paid soon after, among customers alike, the highest
-- first.
select
    dimension,
    member,
    channel,
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
from best_channel_by_segment
order by dimension, member, value desc, channel
