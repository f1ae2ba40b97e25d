{#- The age band of the policy age_band_limits a person is in on a day. -#}
{% macro age_band(birth_date, calendar_date) -%}
    {%- set young, old = var('age_band_limits') -%}
    case
        when {{ birth_date }} is null then null
        when {{ age_in_years(birth_date, calendar_date) }} <= {{ young }} then '<={{ young }}'
        when {{ age_in_years(birth_date, calendar_date) }} <= {{ old }}
            then '{{ young + 1 }}-{{ old }}'
        else '>{{ old }}'
    end
{%- endmacro %}
