{#- The CTEs, the last of them `differences`, that compare rows with something and rows
    without it among like, by keys: `rows` has the keys, customer_id, stratum, is_exposed
    and outcome, a number.

    Within each stratum the mean outcome of both sides is compared; the strata count as the
    exposed are spread over them (direct standardisation), those without two customers on
    either side not at all. The rows of a customer are not independent, so the variance is
    that of the customers' sums of residuals, each drawn out by what the customer's own
    rows weigh in their mean: Bell and McCaffrey, "Bias reduction in standard errors for
    linear regression with multi-stage samples", 2002. No interval and no p-value is given
    where a side has fewer customers than the policy small_sample, or nothing varies. -#}
{% macro standardised_differences(rows, keys) -%}
{%- set by_key = keys | join(', ') -%}
cells as (

    select
        {{ by_key }},
        stratum,
        is_exposed,
        customer_id,
        count(*) as row_count,
        cast(sum(outcome) as double) as outcome_sum
    from {{ rows }}
    group by {{ by_key }}, stratum, is_exposed, customer_id

),

sides as (

    select
        {{ by_key }},
        stratum,
        is_exposed,
        sum(row_count) as row_count,
        sum(outcome_sum) as outcome_sum,
        sum(outcome_sum) / sum(row_count) as outcome_mean,
        count(*) as customer_count
    from cells
    group by {{ by_key }}, stratum, is_exposed

),

strata as (

    select
        {{ by_key }},
        stratum,
        sum(row_count) filter (where is_exposed) as exposed_count
    from sides
    group by {{ by_key }}, stratum
    having count(*) = 2 and min(customer_count) > 1

),

weights as (

    select
        {{ by_key }},
        stratum,
        cast(exposed_count as double)
        / sum(exposed_count) over (partition by {{ by_key }}) as weight
    from strata

),

compared_sides as (

    select
        sides.*,
        weights.weight,
        case when sides.is_exposed then 1 else -1 end as sign
    from sides
    inner join weights
        on
            {{ same('sides', 'weights', keys) }}
            and sides.stratum = weights.stratum

),

residuals as (

    select
        {%- for key in keys %}
        cells.{{ key }},
        {%- endfor %}
        cells.is_exposed,
        cells.customer_id,
        {{ exact(
            'compared_sides.sign * compared_sides.weight
            * (cells.outcome_sum - cells.row_count * compared_sides.outcome_mean)
            / compared_sides.row_count
            / sqrt(1 - cast(cells.row_count as double) / compared_sides.row_count)'
        ) }} as residual
    from cells
    inner join compared_sides
        on
            {{ same('cells', 'compared_sides', keys) }}
            and cells.stratum = compared_sides.stratum
            and cells.is_exposed = compared_sides.is_exposed

),

of_customers as (

    select
        {{ by_key }},
        customer_id,
        max(case when is_exposed then 1 else 0 end) as exposed_customer_count,
        max(case when is_exposed then 0 else 1 end) as other_customer_count,
        cast(sum(residual) as double) as residual
    from residuals
    group by {{ by_key }}, customer_id

),

variances as (

    select
        {{ by_key }},
        sum(exposed_customer_count) as exposed_customer_count,
        sum(other_customer_count) as other_customer_count,
        case
            when
                least(sum(exposed_customer_count), sum(other_customer_count))
                >= {{ var('small_sample') }}
                then nullif(
                    sqrt(cast(sum({{ exact('residual * residual') }}) as double)), 0
                )
        end as standard_error
    from of_customers
    group by {{ by_key }}

),

means as (

    select
        {{ by_key }},
        sum(row_count) filter (where is_exposed) as exposed_count,
        sum(row_count) filter (where not is_exposed) as other_count,
        sum(outcome_sum) filter (where is_exposed) as exposed_outcome_sum,
        cast(
            sum({{ exact('weight * outcome_mean') }}) filter (where is_exposed) as double
        ) as exposed_mean,
        cast(
            sum({{ exact('weight * outcome_mean') }}) filter (where not is_exposed)
            as double
        ) as other_mean
    from compared_sides
    group by {{ by_key }}

),

differences as (

    select
        {%- for key in keys %}
        means.{{ key }},
        {%- endfor %}
        cast(means.exposed_count as bigint) as exposed_count,
        cast(means.other_count as bigint) as other_count,
        cast(variances.exposed_customer_count as bigint) as exposed_customer_count,
        cast(variances.other_customer_count as bigint) as other_customer_count,
        means.exposed_outcome_sum,
        means.exposed_mean,
        means.other_mean,
        means.exposed_mean - means.other_mean as difference,
        variances.standard_error,
        means.exposed_mean - means.other_mean
        - {{ confidence_z() }} * variances.standard_error as interval_low,
        means.exposed_mean - means.other_mean
        + {{ confidence_z() }} * variances.standard_error as interval_high,
        (means.exposed_mean - means.other_mean) / variances.standard_error as z
    from means
    inner join variances on {{ same('means', 'variances', keys) }}

)
{%- endmacro %}

{#- The band a number is alike in to others: the next one begins at four times as much. -#}
{% macro band_of(number) -%}
    cast(floor(ln(greatest(cast({{ number }} as double), 1)) / ln(4) + 1e-9) as int)
{%- endmacro %}

{#- The whole of a KPI that is such a difference: of rows compared, by month, quarter and
    year, part, and the dimensions. Rows whose outcome is not known yet are not counted;
    while there are some, the period is not mature. -#}
{% macro effects_by_period(relation, dimensions) -%}
{%- set keys = ['period_grain', 'period_start', 'dimension', 'member', 'part'] -%}
with

compared as (

    select * from {{ relation }}

),

sliced as (

    select
        *,
        'all' as dimension,
        'all' as member
    from compared
    {%- for dimension in dimensions %}
    union all
    select
        *,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as member
    from compared
    {%- endfor %}

),

cohorts as (

    {%- for grain in ['month', 'quarter', 'year'] %}
    select
        *,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'kpi_date') }} as period_start
    from sliced
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

known as (

    select * from cohorts
    where outcome is not null

),

maturities as (

    select
        {{ keys | join(', ') }},
        max(matures_on) as matures_on
    from cohorts
    group by {{ keys | join(', ') }}

),

{{ standardised_differences('known', keys) }}

select
    {%- for key in keys %}
    differences.{{ key }},
    {%- endfor %}
    maturities.matures_on,
    cast(differences.exposed_outcome_sum as bigint) as numerator,
    differences.exposed_count as denominator,
    differences.difference as value,
    differences.exposed_mean as rate_with,
    differences.other_mean as rate_without,
    differences.other_count as count_without,
    differences.exposed_customer_count as customers_with,
    differences.other_customer_count as customers_without,
    differences.interval_low,
    differences.interval_high,
    {{ two_sided_p_value('differences.z') }} as p_value
from differences
inner join maturities on {{ same('differences', 'maturities', keys) }}
{%- endmacro %}
