-- One row per comparison, period, slice and treatment: how many got it and paid,
-- against what their strata lead to expect, and how much less they tell than as many
-- customers would of whom each was treated once.

{% set of_period = ['comparison', 'period_grain', 'period_start'] -%}
{% set of_slice = of_period + ['dimension', 'member'] -%}
{% set period = of_period | join(', ') -%}
{% set slice = of_slice | join(', ') -%}

with

clock as (

    select
        cast(
            {{ period_start('month', 'as_of') }}
            - interval {{ var('treatment_window_months') }} month as date
        ) as window_start_date
    from {{ ref('int_clock') }}

),

in_periods as (

    select
        *,
        'window' as period_grain,
        (select window_start_date from clock) as period_start
    from {{ ref('int_treatments_given') }}
    where
        comparison in ('channel', 'hour')
        and month_start_date >= (select window_start_date from clock)

    {% for grain in ['month', 'quarter'] %}
    union all

    select
        *,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'month_start_date') }} as period_start
    from {{ ref('int_treatments_given') }}
    where comparison = 'treatment'
    {% endfor %}
),

sliced as (

    select
        *,
        'all' as dimension,
        'all' as member
    from in_periods
    {% for dimension in ['segment', 'age_band'] %}
    union all

    select
        *,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as member
    from in_periods
    {% endfor %}
),

-- what is expected of a treatment is what all of the slice did in its strata: Cochran,
-- "Some methods for strengthening the common chi-square tests", 1954; Mantel and
-- Haenszel, "Statistical aspects of the analysis of data from retrospective studies",
-- 1959

strata as (

    select
        {{ slice }},
        treatment,
        stratum,
        cast(count(*) as double) as unit_count,
        cast(sum(outcome) as double) as outcome_count,
        cast(sum(count(*)) over of_all as double) as all_unit_count,
        cast(sum(sum(outcome)) over of_all as double)
        / cast(sum(count(*)) over of_all as double) as stratum_rate
    from sliced
    group by {{ slice }}, treatment, stratum
    window of_all as (partition by {{ slice }}, stratum)

),

compared_in_strata as (

    select
        *,
        unit_count * (all_unit_count - unit_count) / all_unit_count as overlap
    from strata

),

counted as (

    select
        {{ slice }},
        treatment,
        sum(unit_count) as unit_count,
        sum(outcome_count) as outcome_count,
        {{ exact_sum('unit_count * stratum_rate') }} as expected_count,
        {{ exact_sum('overlap') }} as overlap,
        {{ exact_sum(
            'overlap * stratum_rate * (1 - stratum_rate)
            * all_unit_count / greatest(all_unit_count - 1, 1)'
        ) }} as variance,
        {{ exact_sum(
            'overlap * stratum_rate * (1 - stratum_rate)
            * (1 - 2 * stratum_rate) * (1 - 2 * unit_count / all_unit_count)'
        ) }} as third_moment
    from compared_in_strata
    group by {{ slice }}, treatment

),

-- whoever paid once may well pay again: how alike the units of a customer are, over all
-- pairs of them (Ridout, Demetrio and Firth, "Estimating intraclass correlation for
-- binary data", 1999)

residuals as (

    select
        {{ period }},
        customer_id,
        outcome - stratum_rate as residual,
        stratum_rate * (1 - stratum_rate) as variance
    from (
        select
            {{ period }},
            customer_id,
            cast(outcome as double) as outcome,
            avg(cast(outcome as double)) over (
                partition by {{ period }}, stratum
            ) as stratum_rate
        from in_periods
    ) as rated

),

pairs as (

    select
        {{ period }},
        power({{ exact_sum('residual') }}, 2) - {{ exact_sum('power(residual, 2)') }}
            as found,
        power({{ exact_sum('sqrt(variance)') }}, 2) - {{ exact_sum('variance') }}
            as largest
    from residuals
    group by {{ period }}, customer_id

),

likeness as (

    select
        {{ period }},
        case
            when {{ exact_sum('found') }} > 0
                then least({{ exact_sum('found') }} / {{ exact_sum('largest') }}, 1)
            else 0
        end as likeness
    from pairs
    group by {{ period }}

),

customers as (

    select
        {{ slice }},
        treatment,
        customer_id,
        cast(count(*) as double) as unit_count,
        cast(sum(count(*)) over (
            partition by {{ slice }}, customer_id
        ) as double) as all_unit_count
    from sliced
    group by {{ slice }}, treatment, customer_id

),

-- pairs of units of one customer: both of the treatment, or one of it and one of the
-- rest
repeated as (

    select
        {{ slice }},
        treatment,
        sum(unit_count * (unit_count - 1)) as pair_count,
        sum(unit_count * (all_unit_count - unit_count)) as mixed_pair_count
    from customers
    group by {{ slice }}, treatment

),

joined as (

    select
        counted.*,
        likeness.likeness,
        repeated.pair_count,
        repeated.mixed_pair_count
    from counted
    inner join repeated
        on {{ same('counted', 'repeated', of_slice + ['treatment']) }}
    inner join likeness on {{ same('counted', 'likeness', of_period) }}

),

with_rest as (

    select
        *,
        sum(unit_count) over of_all - unit_count as rest_unit_count,
        sum(outcome_count) over of_all as slice_outcome_count,
        sum(pair_count + mixed_pair_count) over of_all
        - pair_count
        - 2 * mixed_pair_count as rest_pair_count
    from joined
    window of_all as (partition by {{ slice }})

)

select
    {{ slice }},
    treatment,
    unit_count,
    outcome_count,
    expected_count,
    rest_unit_count,
    slice_outcome_count / (unit_count + rest_unit_count) as slice_rate,
    overlap,
    variance,
    third_moment,
    likeness,

    -- by how much the variance is larger than that of customers treated once (Rao and
    -- Scott, "A simple method for the analysis of clustered binary data", 1992): of the
    -- treatment's rate, and of its difference from that of the rest
    1 + likeness * pair_count / unit_count as design_effect,
    case
        when rest_unit_count > 0 then greatest(
            (
                (unit_count + likeness * pair_count) / power(unit_count, 2)
                + (rest_unit_count + likeness * rest_pair_count)
                / power(rest_unit_count, 2)
                - 2 * likeness * mixed_pair_count / (unit_count * rest_unit_count)
            ) / (1 / unit_count + 1 / rest_unit_count), 1
        )
    end as difference_design_effect
from with_rest
