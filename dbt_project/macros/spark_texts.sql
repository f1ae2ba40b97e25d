{#- What a text is read as on Spark: what DuckDB's try_cast reads, no more and no less. Of
    itself Spark would read 2026 as a day, 12d as a number and ' true ' as true. -#}

{% macro spark__read_as(written, data_type) -%}
    {%- if data_type == 'date' -%}
        try_cast({{ the_part(written, spark_date(), '$1-$3-$4') }} as date)
    {%- elif data_type == 'timestamp' -%}
        {{ from_midnight(
            the_part(written, spark_timestamp(), '$1-$3-$4 $5$6'), 'timestamp_ntz'
        ) }}
    {%- elif data_type == 'timestamptz' -%}
        cast(
            {{ from_midnight(
                the_part(written, spark_timestamptz(), '$1-$3-$4 $5$6$7'), 'timestamp_ltz'
            ) }} as timestamp_ntz
        )
    {%- elif data_type == 'boolean' -%}
        case
            when lower({{ written }}) in ('true', 't', 'yes', 'y', '1') then true
            when lower({{ written }}) in ('false', 'f', 'no', 'n', '0') then false
        end
    {%- elif data_type == 'bigint' -%}
        try_cast(try_cast({{ spark_number(written) }} as decimal(38, 0)) as bigint)
    {%- elif data_type == 'double' -%}
        try_cast({{ spark_number(written) }} as double)
    {%- elif data_type.startswith('decimal') -%}
        try_cast({{ spark_number(written) }} as {{ data_type }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('No text is read as ' ~ data_type ~ '.') }}
    {%- endif -%}
{%- endmacro %}

{#- The groups of a text that is all as an expression says, and only hyphens else. -#}
{% macro the_part(written, expression, groups) -%}
    regexp_replace({{ written }}, r'\A(?:{{ expression }}|[\s\S]*)\z', '{{ groups }}')
{%- endmacro %}

{% macro spark_day() -%}
    {{ return('[ \\t\\n\\x0B\\f\\r]*0*(\\d{4})([-/ \\\\])(\\d{1,2})\\2(\\d{1,2})') }}
{%- endmacro %}

{% macro spark_clock_time() -%}
    {{ return('(?:[ \\t\\n\\x0B\\f\\r]+|T)((?:(?:[01]?\\d|2[0-3]):[0-5]?\\d(?::[0-5]?\\d)?'
        ~ '|24:00?(?::00?)?))'
        ~ '(?:(?<=:\\d{1,2}:\\d{1,2})(?:(\\.\\d{1,6})\\d*|\\.))?') }}
{%- endmacro %}

{% macro spark_offset() -%}
    {{ return('(?:Z|[+-]\\d{2}(?::?\\d{2}(?::?\\d{2})?)?)') }}
{%- endmacro %}

{#- A time on the clock, and whatever follows it. -#}
{% macro spark_time_of_day() -%}
    {{ return(spark_clock_time() ~ '(?:' ~ spark_offset()
        ~ '(?:[ \\t\\n\\x0B\\f\\r][\\s\\S]*)?| [\\s\\S]*)?') }}
{%- endmacro %}

{% macro spark_date() -%}
    {{ return(spark_day() ~ '(?:[ \\t\\n\\x0B\\f\\r]*|' ~ spark_time_of_day() ~ ')') }}
{%- endmacro %}

{% macro spark_timestamp() -%}
    {{ return(spark_day() ~ '(?:' ~ spark_time_of_day() ~ ')?') }}
{%- endmacro %}

{#- The same with the time zone, an offset or a name. -#}
{% macro spark_timestamptz() -%}
    {{ return(spark_day() ~ '(?:' ~ spark_clock_time() ~ '(?:(' ~ spark_offset()
        ~ '| [A-Za-z]\\S+)[ \\t\\n\\x0B\\f\\r]*| *))?') }}
{%- endmacro %}

{#- Seconds may be left out, and 24:00 is midnight at the end of the day. -#}
{% macro from_midnight(canonical, data_type) -%}
    (
        try_cast(
            regexp_replace(
                replace({{ canonical }}, ' 24:', ' 00:'), r'( \d+:\d+)(?![\d:])', '$1:00'
            ) as {{ data_type }}
        )
        + make_dt_interval(case when {{ canonical }} like '% 24:%' then 1 else 0 end)
    )
{%- endmacro %}

{#- A number as Spark writes it: without spaces around it and _ between its digits. -#}
{% macro spark_number(written) -%}
    {%- set digits = '\\d+(?:_\\d+)*' -%}
    {%- set number = '([+-]?(?:' ~ digits ~ '(?:\\.(?:' ~ digits ~ ')?)?|\\.' ~ digits
        ~ ')(?:[eE][+-]?' ~ digits ~ ')?)' -%}
    replace(
        {{ the_part(
            written, '[ \\t\\n\\x0B\\f\\r]*' ~ number ~ '[ \\t\\n\\x0B\\f\\r]*', '$1'
        ) }},
        '_',
        ''
    )
{%- endmacro %}
