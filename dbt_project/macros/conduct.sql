{#- What the conduct rules of seeds/conduct_rules.csv are judged by. -#}

{#- True of a word that is in a list of words with blanks between them. -#}
{% macro is_listed(word, words) -%}
    ' ' || {{ words }} || ' ' like '% ' || {{ word }} || ' %'
{%- endmacro %}

{#- The country by whose rules a customer is treated: the policy's where none is known. -#}
{% macro customer_country(country) -%}
    coalesce({{ country }}, '{{ var("default_country") }}')
{%- endmacro %}

{#- The hours a rule permits on a kind of day (weekday, saturday, sunday, holiday). -#}
{% macro hours_of(day_kind) -%}
    case {{ day_kind }}
        when 'holiday' then holiday_hours
        when 'sunday' then sunday_hours
        when 'saturday' then saturday_hours
        else weekday_hours
    end
{%- endmacro %}

{#- The first and the last minute of the day of hours written as 08:00-20:00. -#}
{% macro first_minute(hours) -%}
    (cast(substr({{ hours }}, 1, 2) as int) * 60 + cast(substr({{ hours }}, 4, 2) as int))
{%- endmacro %}

{% macro last_minute(hours) -%}
    (cast(substr({{ hours }}, 7, 2) as int) * 60 + cast(substr({{ hours }}, 10, 2) as int))
{%- endmacro %}

{#- True of an hour of the day outside the hours a customer has stated for a channel: a
    last hour before the first is of the next morning; an hour not stated bounds nothing. -#}
{% macro is_out_of_stated_hours(hour, from_hour, to_hour) -%}
    case
        when {{ from_hour }} > {{ to_hour }}
            then {{ hour }} < {{ from_hour }} and {{ hour }} > {{ to_hour }}
        else {{ hour }} < {{ from_hour }} or {{ hour }} > {{ to_hour }}
    end
{%- endmacro %}

{#- A clock's time of day as 08:05. -#}
{% macro time_of_day(local_at) -%}
    lpad(cast(hour({{ local_at }}) as string), 2, '0')
    || ':' || lpad(cast(minute({{ local_at }}) as string), 2, '0')
{%- endmacro %}
