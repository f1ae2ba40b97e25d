{#- True of an hour on a day in which the policy staffed_hours has people at work. -#}
{% macro is_staffed(calendar_date, hour) -%}
    (
        case {{ iso_weekday(calendar_date) }}
            {%- for first_hour, end_hour in var('staffed_hours') %}
            when {{ loop.index }}
                then {{ hour }} >= {{ first_hour }} and {{ hour }} < {{ end_hour }}
            {%- endfor %}
        end
    )
{%- endmacro %}
