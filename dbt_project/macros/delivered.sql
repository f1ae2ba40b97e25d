{#- What ingestion delivered of one export kind, by the declaration of its source. -#}

{% macro declaration(area, kind) -%}
    {%- for table in graph.sources.values()
        if table.source_name == area and table.name == kind -%}
        {{ return(table) }}
    {%- endfor -%}
{%- endmacro %}

{#- The declared type's value of a column delivered as text, NULL where it has none. -#}
{% macro typed(column) -%}
    {%- if column.data_type == 'timestamp' -%} {{ instant(column.name) }}
    {%- else -%} {{ read_as(column.name, column.data_type) }}
    {%- endif -%}
{%- endmacro %}

{#- The columns of which a value may be unreadable; any row may say it is withdrawn. -#}
{% macro typed_columns(table) -%}
    {%- set columns = [{'name': 'is_deleted', 'data_type': 'boolean'}] -%}
    {%- for column in table.columns.values() if column.data_type != 'string' -%}
        {%- do columns.append(column) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- True of a value that is not of its column's declared type. A day has a year of four
    digits and a number is finite, which an engine's own reading does not ask; an instant
    is read as with its time zone, which is stricter than without. -#}
{% macro is_mistyped(column) -%}
    {%- set data_type = 'timestamptz' if column.data_type == 'timestamp'
        else column.data_type -%}
    {%- set limits = {
        'date': "'1000-01-01' and '9999-12-31'",
        'timestamptz': "'1000-01-01' and '9999-12-31'",
        'double': '-1e300 and 1e300',
    } -%}
    (
        {{ column.name }} is not null
        {%- if data_type in limits %}
        and coalesce(
            {{ read_as(column.name, data_type) }} not between {{ limits[data_type] }}, true
        )
        {%- else %}
        and {{ read_as(column.name, data_type) }} is null
        {%- endif %}
    )
{%- endmacro %}

{#- The typed values of the declared key: one instant may be written in two ways. -#}
{% macro typed_key(table) -%}
    {%- set key = [] -%}
    {%- for name in table.config.meta.key -%}
        {%- do key.append(typed(table.columns[name])) -%}
    {%- endfor -%}
    {{ return(key) }}
{%- endmacro %}

{#- True of a row exported by the known time of this build. -#}
{% macro is_known() -%}
    (export_day <= (select known_at from {{ ref('int_clock') }}))
{%- endmacro %}

{#- The rows of an export kind that count: known, readable, not older than their
    system's newest full delivery, the newest version of their key, not withdrawn. Nearly
    every key is delivered once: only the others are sorted by version. -#}
{% macro delivered(area, kind) -%}
    {%- set source_relation = source(area, kind) -%}
    {%- set files = source('ingestion', 'files') -%}
    {%- set clock = ref('int_clock') -%}
    {%- if execute -%}
    {%- set table = declaration(area, kind) -%}
    {%- set key = typed_key(table) -%}
    select *
    from (
        select delivered_rows.*
        from {{ source_relation }} as delivered_rows
        {{ with_newest_full_delivery(table, files, clock) }}
        where
            {{ is_standing(table) }}
            and not {{ is_delivered_again(source_relation, table) }}

        union all

        select delivered_rows.*
        from {{ source_relation }} as delivered_rows
        {{ with_newest_full_delivery(table, files, clock) }}
        where
            {{ is_standing(table) }}
            and {{ is_delivered_again(source_relation, table) }}
        qualify row_number() over (
            partition by {{ key | join(', ') }}
            order by
                {% if 'updated_at' in table.columns -%}
                {{ instant('updated_at') }} desc nulls last,
                {% endif -%}
                export_day desc, file_name desc, row_number desc
        ) = 1
    ) as newest_versions
    where not coalesce({{ read_as('is_deleted', 'boolean') }}, false)
    {%- endif -%}
{%- endmacro %}

{#- Joins the day of the newest full delivery of a delivered row's system. -#}
{% macro with_newest_full_delivery(table, files, clock) -%}
    left join (
            select
                source_system as delivering_system,
                max(export_day) as newest_full_day
            from {{ files }}
            where
                area = '{{ table.source_name }}'
                and kind = '{{ table.name }}'
                and is_full
                and export_day <= (select known_at from {{ clock }})
            group by source_system
        ) as full_deliveries
            on delivered_rows.source_system = full_deliveries.delivering_system
{%- endmacro %}

{#- True of a delivered row that is known, readable and not older than the newest full
    delivery of its system. -#}
{% macro is_standing(table) -%}
    {{ is_known() }}
            {%- for column in typed_columns(table) %}
            and not {{ is_mistyped(column) }}
            {%- endfor %}
            and export_day >= coalesce(newest_full_day, date '0001-01-01')
{%- endmacro %}

{#- True of a delivered row whose key has been delivered more than once. -#}
{% macro is_delivered_again(source_relation, table) -%}
    {%- set key = typed_key(table) -%}
    exists (
                select 1
                from (
                    select
                        {%- for value in key %}
                        {{ value }} as key_{{ loop.index }}{{ ',' if not loop.last }}
                        {%- endfor %}
                    from {{ source_relation }}
                    group by {{ key | join(', ') }}
                    having count(*) > 1
                ) as repeated_keys
                where
                    {%- for value in key %}
                    {{ 'and ' if not loop.first }}repeated_keys.key_{{ loop.index }}
                    is not distinct from {{ value }}
                    {%- endfor %}
            )
{%- endmacro %}

{#- The values of an export kind that are not of their declared types, one row each. -#}
{% macro unreadable(area, kind) -%}
    {%- set source_relation = source(area, kind) -%}
    {%- set clock = ref('int_clock') -%}
    {%- if execute -%}
    {%- set table = declaration(area, kind) -%}
    {%- for column in typed_columns(table) %}
    select
        source_system,
        '{{ area }}' as area,
        '{{ kind }}' as kind,
        export_day,
        file_name,
        row_number,
        '{{ column.name }}' as column_name,
        {{ column.name }} as value,
        '{{ column.name }} is not a {{ column.data_type }}' as reason
    from {{ source_relation }}
    where
        {{ is_known() }}
        and {{ is_mistyped(column) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}
