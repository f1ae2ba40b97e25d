-- The roll-up reads what a KPI's YAML declares: a column missing there would not count.

{%- set problems = [] -%}
{%- for kpi_id in kpi_ids() -%}
{%- set kpi = kpi(kpi_id) -%}
{%- set names = adapter.get_columns_in_relation(kpi.relation)
    | map(attribute='name') | list if execute else [] -%}
{%- for name in names if name not in kpi.columns -%}
{%- do problems.append((kpi_id, name, 'not in its YAML')) -%}
{%- endfor -%}
{#- there are none where nothing was built, as when the SQL is linted -#}
{%- for name in kpi.columns if names and name not in names -%}
{%- do problems.append((kpi_id, name, 'only in its YAML')) -%}
{%- endfor -%}
{%- for name in kpi.meta.dimensions if name not in kpi_dimensions() -%}
{%- do problems.append((kpi_id, name, 'not a conformed dimension')) -%}
{%- endfor -%}
{%- endfor %}

{% for kpi_id, column_name, problem in problems -%}
select
    '{{ kpi_id }}' as kpi_id,
    '{{ column_name }}' as column_name,
    '{{ problem }}' as problem
union all
{% endfor -%}
select
    cast(null as string) as kpi_id,
    cast(null as string) as column_name,
    cast(null as string) as problem
where false
