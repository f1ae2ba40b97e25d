{#- What models ask of the normal distribution, in SQL alone: neither engine has it. -#}

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
