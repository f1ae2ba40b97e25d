{#- Fails on spans of days that end before they begin, or do not begin on the day after
    the entity's span before them. -#}
{% test seamless_spans(model, entity, first_date, last_date) %}

with

spans as (

    select
        {{ entity }},
        {{ first_date }},
        {{ last_date }},
        lag({{ last_date }}) over (
            partition by {{ entity }} order by {{ first_date }}, {{ last_date }}
        ) as last_date_before
    from {{ model }}

)

select *
from spans
where
    {{ last_date }} < {{ first_date }}
    or {{ first_date }} != {{ add_days('last_date_before', 1) }}

{% endtest %}
