{#- Columns one after the other, with a comma behind each. -#}
{% macro listed(dimensions, mix=none, relation='') -%}
    {%- for column in dimensions + ([mix] if mix else []) -%}
        {{ relation }}{{ column }},{{ ' ' }}
    {%- endfor -%}
{%- endmacro %}

{#- Dimensions of a KPI's own rows, 'unknown' where the row has none. -#}
{% macro known(dimensions) -%}
    {%- for column in dimensions -%}
        coalesce({{ column }}, 'unknown') as {{ column }},{{ ' ' }}
    {%- endfor -%}
{%- endmacro %}

{#- The cells of a KPI, in the reporting currency or in their own. -#}
{% macro cells(kpi_id, dimensions, mix, native) -%}
    {%- set own = 'native_' if native else '' -%}
    select
        calendar_date,
        is_stock,
        {{ listed(dimensions) }}
        {{ 'part as ' ~ mix ~ ',' if mix }}
        {{ own }}numerator as numerator,
        {{ own }}denominator as denominator,
        {{ 0 if native else 'case when blocked_by is null then 0 else 1 end' }}
            as blocked
    from {{ source('release', 'kpi_cells') }}
    where kpi_id = '{{ kpi_id }}'
{%- endmacro %}

{#- The months there are, with the day their stock is read on. -#}
{% macro months(rule) -%}
    select
        month_start_date,
        {{ 'month_start_date - 1' if rule == 'start' else 'max(calendar_date)' }}
            as read_date
    from {{ source('release', 'dim_dates') }}
    group by month_start_date
{%- endmacro %}

{#- The parts of a mix are shares of the whole: each row again for every part, the whole
    as it is, what belongs to the part (of_part) with its own part only. -#}
{% macro of_all_parts(relation, dimensions, mix, of_part, of_whole) -%}
{%- if not mix -%}
select * from {{ relation }}
{%- else -%}
select
    {{ relation }}.calendar_date,
    {{ listed(dimensions, none, relation ~ '.') }}
    parts.{{ mix }},
    {%- for column in of_part %}
    case
        when {{ relation }}.{{ mix }} = parts.{{ mix }} then {{ relation }}.{{ column }}
        else 0
    end as {{ column }},
    {%- endfor %}
    {%- for column in of_whole %}
    {{ relation }}.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }}
cross join (select distinct {{ mix }} from cells) as parts
{%- endif -%}
{%- endmacro %}

{% macro unit_on(side) -%}
case when {{ side }} > 0 then cast(unit_id as varchar) end as {{ side }}_unit
{%- endmacro %}

{#- A KPI whose exports have not come has no figures. -#}
{% macro is_available(kpi_id) -%}
(
        select is_available from {{ source('release', 'kpi_catalog') }}
        where kpi_id = '{{ kpi_id }}'
    )
{%- endmacro %}
