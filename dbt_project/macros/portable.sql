{#- What models say in the same words on every engine; where the engines differ, it is
    said in macros/engines.sql. -#}

{% macro add_days(first, days) -%} ({{ first }} + cast({{ days }} as int)) {%- endmacro %}

{#- Monday is 1 on every engine. -#}
{% macro iso_weekday(calendar_date) -%}
    cast(mod({{ days_between("date '1900-01-01'", calendar_date) }}, 7) + 1 as int)
{%- endmacro %}

{#- The first day of the day, week (Monday), month, quarter or year a date lies in. -#}
{% macro period_start(grain, calendar_date) -%}
    cast(date_trunc('{{ grain }}', {{ calendar_date }}) as date)
{%- endmacro %}

{#- The first day of the period that follows the one beginning on period_start. -#}
{% macro next_period_start(grain, period_start) -%}
    cast({{ period_start }} + {{ one(grain) }} as date)
{%- endmacro %}

{% macro previous_period_start(grain, period_start) -%}
    cast({{ period_start }} - {{ one(grain) }} as date)
{%- endmacro %}

{% macro one(grain) -%}
    interval {{ '3 month' if grain == 'quarter' else '1 ' ~ grain }}
{%- endmacro %}

{#- Unrounded: rounded doubles differ between the engines, x / 0 is inf or an error. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#- An amount of money in whole cents, wide enough to be multiplied by another. -#}
{% macro cents(amount) -%} cast({{ amount }} * 100 as {{ whole_number() }}) {%- endmacro %}

{#- Full years from a date of birth to a day. -#}
{% macro age_in_years(birth_date, calendar_date) -%}
    (
        year({{ calendar_date }}) - year({{ birth_date }})
        - case
            when
                month({{ calendar_date }}) * 100 + day({{ calendar_date }})
                < month({{ birth_date }}) * 100 + day({{ birth_date }}) then 1
            else 0
        end
    )
{%- endmacro %}

{#- An instant written as text: with an offset it is taken at its word, without one it
    is in the business time zone. The result is a timestamp in UTC, NULL where the text
    is none. -#}
{% macro instant(written) -%}
    (
        case
            when {{ has_offset(written) }} then {{ time_written(written, 'UTC') }}
            else {{ utc_of(
                read_as(written, 'timestamp'), "'" ~ var("business_time_zone") ~ "'"
            ) }}
        end
    )
{%- endmacro %}

{#- The business day of an instant written as text. -#}
{% macro business_date(written) -%}
    (
        case
            when {{ has_offset(written) }}
                then cast({{ time_written(written, var("business_time_zone")) }} as date)
            else cast({{ read_as(written, 'timestamp') }} as date)
        end
    )
{%- endmacro %}

{#- The first instant, in UTC, of a business day. -#}
{% macro start_of_day(calendar_date) -%}
    {{ utc_of(
        'cast(' ~ calendar_date ~ ' as timestamp)', "'" ~ var("business_time_zone") ~ "'"
    ) }}
{%- endmacro %}

{#- Its last second, in UTC. -#}
{% macro end_of_day(calendar_date) -%}
    ({{ start_of_day(add_days(calendar_date, 1)) }} - interval '1' second)
{%- endmacro %}

{#- The instant, in UTC, of what happened on a business day at an hour unknown: its end, or
    its start by the policy same_day_date_only_payment. -#}
{% macro hour_unknown(calendar_date) -%}
    {{ end_of_day(calendar_date) if var('same_day_date_only_payment') == 'after'
        else start_of_day(calendar_date) }}
{%- endmacro %}

{#- The clock's time at a place of an instant in UTC: in the business time zone where the
    place is not known, or is named as no time zone. -#}
{% macro local_time(moment, time_zone) -%}
    {%- set known_zone -%}
        case
            when {{ time_zone }} in ({{ time_zone_names() }}) then {{ time_zone }}
            else '{{ var("business_time_zone") }}'
        end
    {%- endset -%}
    {{ time_at(known_zone, moment) }}
{%- endmacro %}

{#- The same day so many months later, the last of the month where it has no such day. -#}
{% macro add_months(first, months) -%}
    cast({{ first }} + interval {{ months }} month as date)
{%- endmacro %}

{% macro has_time_of_day(written) -%} (length({{ written }}) > 10) {%- endmacro %}

{#- Whether a time zone follows the time: Z, an offset or a name. The day, and a T after it,
    are within the first eleven characters; the hour may have one digit. -#}
{% macro has_offset(written) -%}
    {{ matches('substr(' ~ written ~ ', 12)', '[A-Za-z+-]') }}
{%- endmacro %}
