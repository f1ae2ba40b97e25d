-- One row per slice of the customers and hour of the day where the customer is: how
-- many of those reached in it over the last months paid soon after, what that says of
-- the hour, and whether it is shown to do better than the others. An association:
-- nobody drew lots for an hour.

select
    dimension,
    member,
    cast(treatment as int) as customer_hour,
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
where comparison = 'hour'
