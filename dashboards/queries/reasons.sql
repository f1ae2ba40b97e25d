-- One row per reason of debts and way it was learnt: how many more stays were resolved than of those
-- without a reason.
select
    dimension as reason_kind,
    member as reason,
    episode_count,
    customer_count,
    resolved_rate,
    other_episode_count,
    other_resolved_rate,
    difference as value,
    interval_low as low,
    interval_high as high,
    is_small_sample
from reason_resolution
order by array_position(['all', 'fixable', 'reason_source', 'reason'], dimension), value desc, member
