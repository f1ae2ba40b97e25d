-- One row per comparison, period, slice and treatment: its rate and where it lies in
-- truth, how it differs from the rest of its slice, and whether that is shown.

{% set of_period = ['comparison', 'period_grain', 'period_start'] -%}
{% set of_slice = of_period + ['dimension', 'member'] -%}
{% set slice = of_slice | join(', ') -%}

with

rated as (

    select
        *,
        -- units there is something to compare with, of the treatment and of the rest
        overlap * (unit_count + rest_unit_count) / nullif(rest_unit_count, 0)
            as comparable_count,
        overlap * (unit_count + rest_unit_count) / unit_count as rest_comparable_count,
        (outcome_count - expected_count) / nullif(overlap, 0) as difference
    from {{ ref('int_treatments_counted') }}

),

-- the rate the treatment would have among the customers of the whole slice

placed as (

    select
        *,
        case
            when difference is null then slice_rate
            else least(greatest(
                slice_rate
                + difference * rest_unit_count / (unit_count + rest_unit_count), 0
            ), 1)
        end as comparable_rate,
        coalesce(comparable_count, unit_count) / design_effect as effective_count,
        coalesce(
            least(comparable_count, rest_comparable_count)
            >= {{ var('treatment_min_sample') }}
            and least(slice_rate, 1 - slice_rate)
            * least(comparable_count, rest_comparable_count)
            >= {{ var('treatment_min_outcomes') }},
            false
        ) as is_enough
    from rated

),

sums as (

    select
        {{ slice }},
        count(*) as treatment_count,
        {{ exact_sum('effective_count') }} as count_sum,
        {{ exact_sum('power(effective_count, 2)') }} as squared_count_sum,
        {{ exact_sum('effective_count * comparable_rate') }} as rate_sum,
        {{ exact_sum('effective_count * power(comparable_rate, 2)') }}
            as squared_rate_sum
    from placed
    where is_enough
    group by {{ slice }}

),

-- how much the treatments of a slice differ in truth, by the moments of a beta-binomial
-- distribution: Kleinman, "Proportions with extraneous variance", 1973

priors as (

    select
        {{ slice }},
        treatment_count,
        prior_rate,
        prior_rate * (1 - prior_rate) as unit_variance,
        coalesce(least(greatest(
            (
                spread - prior_rate * (1 - prior_rate) * (treatment_count - 1)
            ) / nullif(free_count - (treatment_count - 1), 0), 0
        ), prior_rate * (1 - prior_rate)), 0) as true_variance
    from (
        select
            {{ slice }},
            treatment_count,
            rate_sum / count_sum as prior_rate,
            squared_rate_sum - power(rate_sum, 2) / count_sum as spread,
            count_sum - squared_count_sum / count_sum as free_count
        from sums
    ) as moments

),

-- the fewer treatments, the less is known of how they differ, and the less a rate is
-- drawn to their mean: Morris, "Parametric empirical Bayes inference", 1983

drawn as (

    select
        placed.*,
        priors.prior_rate,
        priors.treatment_count,
        priors.unit_variance,
        case
            when priors.treatment_count > 3
                then
                    (priors.treatment_count - 3)
                    / cast(priors.treatment_count - 1 as double)
                    * coalesce(
                        (priors.unit_variance - priors.true_variance)
                        / nullif(
                            priors.unit_variance - priors.true_variance
                            + priors.true_variance * placed.effective_count, 0
                        ), 1
                    )
            else 0
        end as shrinkage
    from placed
    left join priors on {{ same('placed', 'priors', of_slice) }}

),

estimated as (

    select
        *,
        comparable_rate
        + shrinkage * (coalesce(prior_rate, 0) - comparable_rate) as shrunk_rate,
        -- the units it is known as well as by: others say something of it too
        effective_count / case
            when shrinkage > 0
                then
                    1 - shrinkage * (treatment_count - 1) / treatment_count
                    + coalesce(
                        2 * power(shrinkage * (comparable_rate - prior_rate), 2)
                        * effective_count
                        / ((treatment_count - 3) * nullif(unit_variance, 0)), 0
                    )
            else 1
        end as known_count,
        case
            when is_enough
                then
                    -- outcomes are whole numbers: half of one is no difference
                    sign(difference)
                    * greatest(abs(outcome_count - expected_count) - 0.5, 0)
                    / nullif(sqrt(variance * difference_design_effect), 0)
        end as z,
        third_moment * sqrt(difference_design_effect)
        / nullif(power(variance, 1.5), 0) as skewness
    from drawn

),

tested as (

    select
        *,
        {{ two_sided_p_value('normal_z') }} as p_value
    from (
        select
            *,
            {{ without_skewness('z', 'skewness') }} as normal_z
        from estimated
    ) as normalised

),

adjusted as (

    {{ adjusted_p_values('tested', of_period) }}

),

judged as (

    select
        *,
        -- an interval around the one rate holds fewer of the treatments that stand out,
        -- one around the other fewer of those picked because they do: this holds both
        least(
            {{ rate_bound('-', 'comparable_rate', 'effective_count') }},
            {{ rate_bound('-', 'shrunk_rate', 'known_count') }}
        ) as low,
        greatest(
            {{ rate_bound('+', 'comparable_rate', 'effective_count') }},
            {{ rate_bound('+', 'shrunk_rate', 'known_count') }}
        ) as high,
        case
            when p_value is null then 'too_few'
            when adjusted_p_value > 1 - {{ var('confidence_percent') }} / 100.0
                then 'no_difference_shown'
            when difference > 0 then 'best'
            else 'worse'
        end as verdict
    from adjusted

)

select
    {{ slice }},
    treatment,
    cast(unit_count as bigint) as unit_count,
    cast(outcome_count as bigint) as outcome_count,
    outcome_count / unit_count as outcome_rate,
    comparable_rate,
    shrunk_rate,
    shrinkage,
    low,
    high,
    100 * difference as difference_points,
    p_value,
    adjusted_p_value,
    verdict,
    -- of those shown to be better than the rest, one
    verdict = 'best'
    and row_number() over (
        partition by {{ slice }}, verdict
        order by shrunk_rate desc, unit_count desc, treatment asc
    ) = 1 as is_recommended
from judged
