-- One row per month or quarter, slice and treatment (a channel and its message): the
-- share of those it reached who paid soon after, among customers alike and drawn to the
-- mean of the slice's treatments, and whether it is shown to do better than the others.

select
    period_grain,
    period_start,
    dimension,
    member,
    treatment as part,
    case period_grain
        {%- for grain in ['month', 'quarter'] %}
        when '{{ grain }}'
            then {{ add_days(
                next_period_start(grain, 'period_start'),
                var('treatment_outcome_days') - 1
            ) }}
        {%- endfor %}
    end as matures_on,
    outcome_count as numerator,
    unit_count as denominator,
    shrunk_rate as value,

    -- how sure that is
    comparable_rate,
    low,
    high,
    difference_points,
    p_value,
    adjusted_p_value,
    verdict,
    is_recommended,
    row_number() over (
        partition by period_grain, period_start, dimension, member
        order by shrunk_rate desc, unit_count desc, treatment asc
    ) as treatment_rank
from {{ ref('int_treatments_compared') }}
where comparison = 'treatment'
