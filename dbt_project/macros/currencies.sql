{#- The rate of a currency in the reporting one, by the row of int_fx_rates joined to it:
    1 for the reporting currency, NULL where there is none. -#}
{% macro rate_of(currency, rates) -%}
    case
        when {{ currency }} = '{{ var("reporting_currency") }}'
            then cast(1 as decimal(18, 8))
        else {{ rates }}.rate
    end
{%- endmacro %}

{#- A side in the reporting currency, NULL where it lacks a rate. What is no money needs
    none, nor does nothing; a rate of 1 changes nothing. -#}
{% macro converted(side, is_money, rate) -%}
    case
        when {{ is_money }} and {{ side }} != 0 and coalesce({{ rate }}, 0) != 1
            then
                cast(cast({{ side }} as decimal(28, 4)) * {{ rate }} as decimal(28, 4))
        else {{ side }}
    end
{%- endmacro %}

{#- What blocks a value, in words. -#}
{% macro no_rate(currency, calendar_date) -%}
    'no rate of ' || {{ currency }} || ' on ' || cast({{ calendar_date }} as string)
{%- endmacro %}
