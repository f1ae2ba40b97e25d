{#- The raw tables, so that a build works before anything was loaded. Ingestion creates
    the same ones. -#}

{% macro create_raw_tables() %}
    {%- if execute -%}
        create schema if not exists raw;
        {%- for source in graph.sources.values() %}
        create table if not exists raw.{{ source.identifier }} (
            {%- for name in source.columns %}
            {{ name }} varchar,
            {%- endfor %}
            is_deleted varchar,
            source_system varchar,
            file_name varchar,
            file_hash varchar,
            row_number bigint,
            export_day date,
            loaded_at timestamp
        );
        {%- endfor %}
        create table if not exists raw.files (
            source_system varchar,
            area varchar,
            kind varchar,
            export_day date,
            file_name varchar,
            file_hash varchar,
            size_bytes bigint,
            modified_at_ns bigint,
            is_full boolean,
            rows_in bigint,
            rows_loaded bigint,
            rows_rejected bigint,
            loaded_at timestamp
        );
        create table if not exists raw.rejected_rows (
            source_system varchar,
            area varchar,
            kind varchar,
            export_day date,
            file_name varchar,
            file_hash varchar,
            row_number bigint,
            column_name varchar,
            value varchar,
            reason varchar,
            line_text varchar,
            loaded_at timestamp
        );
    {%- endif -%}
{% endmacro %}
