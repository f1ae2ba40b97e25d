-- One row per slice of the customers and channel: how many of those reached by it over
-- the last months paid soon after, what that says of the channel, and whether it is
-- shown to do better than the others. An association: nobody drew lots for a channel.

select
    dimension,
    member,
    treatment as channel,
    unit_count,
    outcome_count,
    outcome_rate,
    comparable_rate,
    shrunk_rate,
    low,
    high,
    difference_points,
    p_value,
    adjusted_p_value,
    verdict,
    is_recommended,
    period_start as window_start_date,
    (
        select {{ add_days('as_of', -var('treatment_outcome_days')) }}
        from {{ ref('int_clock') }}
    ) as window_end_date
from {{ ref('int_treatments_compared') }}
where comparison = 'channel'
