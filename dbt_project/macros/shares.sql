{#- The part of an amount that falls to the weights from weight_before to weight_after
    of weight_total, to the cent, by cumulative rounding: the parts of an amount always
    add up to it. Weights are whole numbers. -#}
{% macro share_amount(amount, weight_before, weight_after, weight_total) -%}
    cast(
        (
            {{ cents_up_to(amount, weight_after, weight_total) }}
            - {{ cents_up_to(amount, weight_before, weight_total) }}
        ) * 0.01 * sign({{ amount }}) as decimal(18, 2)
    )
{%- endmacro %}

{% macro cents_up_to(amount, weight, weight_total) -%}
    {{ whole_quotient(
        '(2 * ' ~ cents('abs(' ~ amount ~ ')') ~ ' * (' ~ weight ~ ') + '
            ~ weight_total ~ ')',
        '(2 * ' ~ weight_total ~ ')'
    ) }}
{%- endmacro %}

{#- The same for one of several amounts that follow each other, with what they come to up
    to and with it: the parts of all of them are the parts of their total. -#}
{% macro share_amount_in_turn(
    amount, cumulative_amount, weight_before, weight_after, weight_total
) -%}
    (
        {{ share_amount(cumulative_amount, weight_before, weight_after, weight_total) }}
        - {{ share_amount(
            '(' ~ cumulative_amount ~ ' - ' ~ amount ~ ')',
            weight_before, weight_after, weight_total
        ) }}
    )
{%- endmacro %}

{#- A rate of int_fx_rates as a whole number, to share amounts by: an amount in a currency
    with one rate is, in a currency with another, the share of the one in the other. -#}
{% macro rate_units(rate) -%} cast({{ rate }} * 100000000 as {{ whole_number() }}) {%- endmacro %}
