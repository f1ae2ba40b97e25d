{#- Fails on a model of whose columns some hold no value in some row, and says of each in
    how many. One scan for all of them: dbt's own not_null takes one, and a statement, for
    each. -#}
{% test no_nulls(model, columns) %}

with

nulls as (

    select
        {%- for column in columns %}
        count(*) - count({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

)

select *
from nulls
where {{ columns | join(' + ') }} > 0

{% endtest %}
