-- Hours are written as 08:00-20:00 and end after they begin, days follow each other,
-- two rows of a rule do not hold on one day, what is counted is at least one, and every
-- channel and stage is one there is: a rule that is written otherwise forbids nothing.

{% set minute = '([01][0-9]|2[0-3]):[0-5][0-9]' -%}

with

rules as (

    select
        conduct_rule,
        valid_from_date,
        'dates' as wrong,
        cast(valid_to_date as string) as written
    from {{ ref('conduct_rules') }}
    where valid_to_date < valid_from_date

    {% for hours in [
        'weekday_hours', 'saturday_hours', 'sunday_hours', 'holiday_hours',
    ] -%}
    union all

    select
        conduct_rule,
        valid_from_date,
        '{{ hours }}' as wrong,
        {{ hours }} as written
    from {{ ref('conduct_rules') }}
    where
        not {{ matches(hours, '^' ~ minute ~ '-(' ~ minute ~ '|24:00)$') }}
        or substr({{ hours }}, 1, 5) >= substr({{ hours }}, 7, 5)

    {% endfor -%}
    union all

    select
        conduct_rule,
        valid_from_date,
        'numbers' as wrong,
        concat_ws(' ', max_contacts, within_days, delay_business_days) as written
    from {{ ref('conduct_rules') }}
    where max_contacts < 1 or within_days < 1 or delay_business_days < 0

    union all

    select
        rules.conduct_rule,
        rules.valid_from_date,
        'overlap' as wrong,
        cast(later_rules.valid_from_date as string) as written
    from {{ ref('conduct_rules') }} as rules
    inner join {{ ref('conduct_rules') }} as later_rules
        on
            rules.conduct_rule = later_rules.conduct_rule
            and rules.valid_from_date < later_rules.valid_from_date
            and rules.valid_to_date >= later_rules.valid_from_date

    {% for column, words in {
        'channels': 'voice|email|sms|whatsapp|ivr|portal|chatbot|letter',
        'stages': 'amicable|litigation|agency|hold|bankruptcy|deceased',
        'outcomes_not_counted':
            'connected|no_answer|busy|voicemail|delivered|bounced|failed',
    }.items() -%}
    union all

    select
        conduct_rule,
        valid_from_date,
        '{{ column }}' as wrong,
        {{ column }} as written
    from {{ ref('conduct_rules') }}
    where not {{ matches(column, '^(' ~ words ~ ')( (' ~ words ~ '))*$') }}

    {% endfor -%}
)

select * from rules
