{#- The raw tables as the sources declare them, so that a build works before anything was
    loaded. Ingestion creates the same ones. -#}

{% macro create_raw_tables() %}
    {%- if execute %}
        create schema if not exists raw;
        {%- for table in graph.sources.values() %}
        create table if not exists raw.{{ table.identifier }} (
            {%- if table.source_name == 'ingestion' %}
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
        );
        {%- endfor %}
    {%- endif %}
{% endmacro %}
