{#- The raw tables as the sources declare them, so that a build works before anything was
    loaded. -#}

{% macro create_raw_tables() -%} {{ adapter.dispatch('create_raw_tables')() }} {%- endmacro %}

{#- Ingestion creates the same ones. -#}
{% macro duckdb__create_raw_tables() %}
    {%- if execute %}
        create schema if not exists raw;
        {%- for table in graph.sources.values() %}
        create table if not exists raw.{{ table.identifier }} (
            {{ raw_columns(table) }}
        );
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- What ingestion loaded was written as Parquet where the cluster reads it, with the time
    zones that DuckDB knows: see orchestration/spark. -#}
{% macro spark__create_raw_tables() %}
    {%- if execute %}
        {%- do run_query('create schema if not exists raw') %}
        {%- for table in graph.sources.values() %}
            {%- do create_raw_table(table.identifier, raw_columns(table)) %}
        {%- endfor %}
        {%- do create_raw_table('time_zones', 'name string') %}
    {%- endif %}
{% endmacro %}

{% macro create_raw_table(name, columns) %}
    {%- set location = env_var('WAREHOUSE_SPARK_RAW') ~ '/' ~ name -%}
    {%- do run_query('drop table if exists raw.' ~ name) %}
    {%- do run_query(
        'create table raw.' ~ name ~ ' (' ~ columns ~ ') using parquet location '
        ~ "'" ~ location ~ "'"
    ) %}
{% endmacro %}

{#- The columns of a raw table and their types: what an export holds is kept as text. -#}
{% macro raw_columns(table) -%}
    {%- if table.source_name in ['ingestion', 'insight'] %}
        {%- for column in table.columns.values() %}
            {{ column.name }} {{ column.data_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- else %}
        {%- for name in table.columns %}
            {{ name }} string,
        {%- endfor %}
            is_deleted string,
            source_system string,
            file_name string,
            file_hash string,
            row_number bigint,
            export_day date,
            loaded_at timestamp
    {%- endif %}
{%- endmacro %}
