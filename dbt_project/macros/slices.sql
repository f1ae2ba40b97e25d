{#- The slices of rows that carry the conformed dimensions: every row under 'all', and
    again under each dimension its KPI has. columns are taken along. -#}
{% macro slices(relation, columns) -%}
    select
        {{ columns | join(', ') }},
        'all' as dimension,
        'all' as member
    from {{ relation }}
    {%- for dimension in kpi_dimensions() %}
    union all
    select
        {{ columns | join(', ') }},
        '{{ dimension }}' as dimension,
        {{ dimension }} as member
    from {{ relation }}
    where {{ dimension }} is not null
    {%- endfor %}
{%- endmacro %}
