{#- What models ask of statistics, in SQL alone: neither engine knows the normal
    distribution. -#}

{#- The probability that a standard normal variable is further from 0 than z, a column. By
    the algorithm of Hart (Computer Approximations, 1968), as West gives it in "Better
    approximations to cumulative normal functions" (Wilmott, 2005): to 14 decimals. -#}
{% macro two_sided_p_value(z) -%}
    2 * exp(-{{ z }} * {{ z }} / 2) * case
        when abs({{ z }}) > 37 then 0
        when abs({{ z }}) < 7.07106781186547
            then
                {{ polynomial('abs(' ~ z ~ ')', [
                    '3.52624965998911e-2', '0.700383064443688', '6.37396220353165',
                    '33.912866078383', '112.079291497871', '221.213596169931',
                    '220.206867912376',
                ]) }}
                / {{ polynomial('abs(' ~ z ~ ')', [
                    '8.83883476483184e-2', '1.75566716318264', '16.064177579207',
                    '86.7807322029461', '296.564248779674', '637.333633378831',
                    '793.826512519948', '440.413735824752',
                ]) }}
        else
            1 / (
                abs({{ z }})
                + 1 / (abs({{ z }}) + 2 / (abs({{ z }}) + 3 / (abs({{ z }}) + 4 / (
                    abs({{ z }}) + 0.65
                ))))
            ) / 2.506628274631
    end
{%- endmacro %}

{#- A polynomial by its coefficients, that of the highest power first. -#}
{% macro polynomial(x, coefficients) -%}
    {{ '(' * (coefficients | length - 1) }}{{ 'cast(' ~ coefficients[0] ~ ' as double)' }}
    {%- for coefficient in coefficients[1:] %} * {{ x }} + {{ coefficient }}){% endfor -%}
{%- endmacro %}

{#- How many standard errors an interval of the policy confidence_percent goes to either
    side. -#}
{% macro confidence_z() -%}
    {{ return({
        90: '1.6448536269514722',
        95: '1.959963984540054',
        99: '2.5758293035489004',
    }[var('confidence_percent')]) }}
{%- endmacro %}

{#- How many standard errors two shares are apart, if they are in truth the same: the
    pooled z of so many outcomes among so many units against others. NULL where all of
    them, or none, had the outcome. -#}
{% macro two_proportion_z(outcomes, units, other_outcomes, other_units) -%}
    {%- set share -%}
        {{ ratio('(' ~ outcomes ~ ' + ' ~ other_outcomes ~ ')',
            '(' ~ units ~ ' + ' ~ other_units ~ ')') }}
    {%- endset -%}
    ({{ ratio(outcomes, units) }} - {{ ratio(other_outcomes, other_units) }})
    / nullif(
        sqrt(
            {{ share }} * (1 - {{ share }})
            * (1 / nullif(cast({{ units }} as double), 0)
                + 1 / nullif(cast({{ other_units }} as double), 0))
        ), 0
    )
{%- endmacro %}

{#- The lower (-) or upper (+) end of the score interval of a share: Wilson, "Probable
    inference, the law of succession, and statistical inference", 1927. -#}
{% macro share_bound(sign, outcomes, units) -%}
    {%- set z = 'cast(' ~ confidence_z() ~ ' as double)' -%}
    (
        2 * {{ outcomes }} + {{ z }} * {{ z }}
        {{ sign }} {{ z }} * sqrt(
            {{ z }} * {{ z }} + 4 * {{ outcomes }} * (1 - {{ ratio(outcomes, units) }})
        )
    ) / (2 * ({{ units }} + {{ z }} * {{ z }}))
{%- endmacro %}

{#- The lower (-) or upper (+) end of the interval of the difference of two shares, by the
    hybrid score method: Newcombe, "Interval estimation for the difference between
    independent proportions", 1998, method 10. It holds the difference as often as it
    says with 30 units and rare outcomes, where the interval of Wald held it in as few as
    54 of 100 cases. -#}
{% macro difference_bound(sign, outcomes, units, other_outcomes, other_units) -%}
    {%- set opposite = '+' if sign == '-' else '-' -%}
    ({{ ratio(outcomes, units) }} - {{ ratio(other_outcomes, other_units) }})
    {{ sign }} sqrt(
        power({{ ratio(outcomes, units) }} - {{ share_bound(sign, outcomes, units) }}, 2)
        + power(
            {{ ratio(other_outcomes, other_units) }}
            - {{ share_bound(opposite, other_outcomes, other_units) }},
            2
        )
    )
{%- endmacro %}

{#- The probability of a chi-square as large as a statistic, or larger, with so many
    degrees of freedom, a column: by its finite series (Abramowitz and Stegun, Handbook of
    Mathematical Functions, 1964, 26.4.4 and 26.4.5). NULL for none, and more than 24. -#}
{% macro chi_square_p_value(statistic, degrees_of_freedom) -%}
    {%- set most = 24 -%}
    case
        when {{ degrees_of_freedom }} not between 1 and {{ most }} then null
        when mod({{ degrees_of_freedom }}, 2) = 0
            then exp(-{{ statistic }} / 2) * (
                1{{ chi_square_terms(statistic, degrees_of_freedom, 2, most) }}
            )
        else
            {{ two_sided_p_value('sqrt(' ~ statistic ~ ')') }}
            + sqrt(2 / pi()) * exp(-{{ statistic }} / 2) * (
                0{{ chi_square_terms(statistic, degrees_of_freedom, 1, most) }}
            )
    end
{%- endmacro %}

{#- Its terms: the first is the statistic, or its root where the first factor is 1, and
    each is the one before times the statistic over the next second number. -#}
{% macro chi_square_terms(statistic, degrees_of_freedom, first, most) -%}
    {%- set divisor = namespace(value=1.0) -%}
    {%- for number in range(first, most - 1, 2) -%}
        {%- set divisor.value = divisor.value * number %}
                + case
                    when {{ degrees_of_freedom }} > {{ number }}
                        then power({{ statistic }}, {{ number / 2 }}) / {{ divisor.value }}
                    else 0
                end
    {%- endfor -%}
{%- endmacro %}

{#- The lower (-) or upper (+) end of the interval of a rate that so many units tell, which
    need be no whole number: on the scale on which the variance of a rate is that of every
    rate. Anscombe, "The transformation of Poisson, binomial and negative-binomial data",
    1948. -#}
{% macro rate_bound(sign, rate, units) -%}
    power(
        sin(
            least(greatest(
                asin(sqrt(({{ rate }} * {{ units }} + 0.375) / ({{ units }} + 0.75)))
                {{ sign }} {{ confidence_z() }} / sqrt(4 * {{ units }} + 2), 0
            ), pi() / 2)
        ), 2
    )
{%- endmacro %}

{#- z, of a statistic with that skewness, as it would be of a normal one: the tails of a
    rate are no mirror images. Cornish and Fisher, "Moments and cumulants in the
    specification of distributions", 1938. -#}
{% macro without_skewness(z, skewness) -%}
    (
        {{ z }}
        - {{ skewness }} * ({{ z }} * {{ z }} - 1) / 6
        + {{ skewness }} * {{ skewness }}
        * {{ z }} * (4 * {{ z }} * {{ z }} - 7) / 36
    )
{%- endmacro %}

{#- The rows of a relation with their p_value adjusted for how many of the family, columns,
    are compared: of those whose adjusted p-value is called shown at a level, no more than
    the level are expected to be none. A NULL is not compared. Benjamini and Hochberg,
    "Controlling the false discovery rate", 1995. -#}
{% macro adjusted_p_values(relation, family) -%}
    {%- set compared = (family + ['p_value is null']) | join(', ') -%}
    select
        *,
        -- a running minimum from the largest: what has the smaller p-value is not the
        -- less sure
        case
            when p_value is not null
                then min(least(p_value * comparison_count / p_value_rank, 1)) over (
                    partition by {{ compared }}
                    order by p_value_rank desc
                    rows between unbounded preceding and current row
                )
        end as adjusted_p_value
    from (
        select
            *,
            count(*) over (partition by {{ compared }}) as comparison_count,
            row_number() over (partition by {{ compared }} order by p_value)
                as p_value_rank
        from {{ relation }}
    ) as ranked_p_values
{%- endmacro %}

{#- A double as a number whose sum does not depend on the order, which engines choose as
    they like. -#}
{% macro exact(number) -%} cast({{ number }} as decimal(38, 28)) {%- endmacro %}

{#- The sum of doubles below 10^18 that is the same in any order. -#}
{% macro exact_sum(number) -%}
    cast(sum(cast({{ number }} as decimal(38, 20))) as double)
{%- endmacro %}
