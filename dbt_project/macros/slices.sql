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

{#- The combinations of the parts and conformed dimensions that rows carry, numbered: they
    are few, so rows are sliced by the number of theirs. -#}
{% macro combinations(relation) -%}
    select
        kpi_id,
        part,
        {%- for dimension in kpi_dimensions() %}
        {{ dimension }},
        {%- endfor %}
        row_number() over (order by kpi_id, part) as combination_number
    from (
        select distinct
            kpi_id,
            part
            {%- for dimension in kpi_dimensions() %},
            {{ dimension }}
            {%- endfor %}
        from {{ relation }}
    ) as distinct_combinations
{%- endmacro %}

{#- True where a row carries the combination. -#}
{% macro is_combination_of(relation) -%}
    combinations.kpi_id = {{ relation }}.kpi_id
            and combinations.part = {{ relation }}.part
            {%- for dimension in kpi_dimensions() %}
            and combinations.{{ dimension }}
            is not distinct from {{ relation }}.{{ dimension }}
            {%- endfor %}
{%- endmacro %}

{#- The slices each of the combinations belongs to, numbered too: names are long and
    compared again and again. -#}
{% macro slices_of_combinations() -%}
    select
        combination_number,
        kpi_id,
        dimension,
        member,
        part,
        dense_rank() over (order by kpi_id, dimension, member, part) as slice_number
    from (
        {{ slices('combinations', ['combination_number', 'kpi_id', 'part']) }}
    ) as sliced_combinations
{%- endmacro %}

{#- True where rows of two relations are equal in columns, none of which is NULL. -#}
{% macro same(one, other, columns) -%}
    {%- for column in columns -%}
    {{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
