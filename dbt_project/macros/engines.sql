{#- Where the engines differ: each difference is named once, and said for each of them. -#}

{% macro days_between(first, last) -%}
    {{ adapter.dispatch('days_between')(first, last) }}
{%- endmacro %}

{% macro duckdb__days_between(first, last) -%}
    cast(date_diff('day', {{ first }}, {{ last }}) as int)
{%- endmacro %}

{% macro spark__days_between(first, last) -%} datediff({{ last }}, {{ first }}) {%- endmacro %}

{#- Every day from one to another, none where the other is before. -#}
{% macro day_spine(first, last) -%}
    {{ adapter.dispatch('day_spine')(first, last) }}
{%- endmacro %}

{% macro duckdb__day_spine(first, last) -%}
    select cast(calendar_date as date) as calendar_date
    from generate_series(
        cast({{ first }} as date), cast({{ last }} as date), interval '1' day
    ) as days (calendar_date)
{%- endmacro %}

{% macro spark__day_spine(first, last) -%}
    select explode(
        case when first_date <= last_date then sequence(first_date, last_date) end
    ) as calendar_date
    from (
        select
            cast({{ first }} as date) as first_date,
            cast({{ last }} as date) as last_date
    ) as ends
{%- endmacro %}

{#- A whole number of 38 digits. -#}
{% macro whole_number() -%} {{ adapter.dispatch('whole_number')() }} {%- endmacro %}

{% macro duckdb__whole_number() -%} hugeint {%- endmacro %}

{% macro spark__whole_number() -%} decimal(38, 0) {%- endmacro %}

{#- A double as an exact number of four decimals. Spark rounds the digits it would print. -#}
{% macro ten_thousandths(amount) -%} {{ adapter.dispatch('ten_thousandths')(amount) }} {%- endmacro %}

{% macro duckdb__ten_thousandths(amount) -%} cast({{ amount }} as decimal(28, 4)) {%- endmacro %}

{% macro spark__ten_thousandths(amount) -%}
    cast(
        cast(round({{ amount }} * 10000, 0) as decimal(34, 0)) * 0.0001 as decimal(28, 4)
    )
{%- endmacro %}

{#- Spark's div gives a bigint, whatever is divided; its / of what leaves no remainder is
    exact. -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ adapter.dispatch('whole_quotient')(dividend, divisor) }}
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%}
    ({{ dividend }} // {{ divisor }})
{%- endmacro %}

{% macro spark__whole_quotient(dividend, divisor) -%}
    cast(
        ({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }}
        as decimal(38, 0)
    )
{%- endmacro %}

{#- The texts of a group in one, with commas: in an order, of the rows a condition holds
    for. -#}
{% macro listed(texts, order_by, condition='true') -%}
    {{ adapter.dispatch('listed')(texts, order_by, condition) }}
{%- endmacro %}

{% macro duckdb__listed(texts, order_by, condition) -%}
    string_agg({{ texts }}, ', ' order by {{ order_by }}) filter (where {{ condition }})
{%- endmacro %}

{% macro spark__listed(texts, order_by, condition) -%}
    listagg({{ texts }}, ', ') within group (order by {{ order_by }})
    filter (where {{ condition }})
{%- endmacro %}

{#- The different ones of them, in their own order. -#}
{% macro listed_once(texts, condition='true') -%}
    {{ adapter.dispatch('listed_once')(texts, condition) }}
{%- endmacro %}

{% macro duckdb__listed_once(texts, condition) -%}
    string_agg(distinct {{ texts }}, ', ' order by {{ texts }}) filter (where {{ condition }})
{%- endmacro %}

{#- Spark 4.3 fails on a distinct listagg beside other aggregates. -#}
{% macro spark__listed_once(texts, condition) -%}
    nullif(
        array_join(sort_array(collect_set({{ texts }}) filter (where {{ condition }})), ', '),
        ''
    )
{%- endmacro %}

{#- How a step of the roll-up that several models read is kept. A metastore holds the text
    of a view to a length these exceed, and Spark would plan it for each reader anew. -#}
{% macro kept_for_reading() -%} {{ return(adapter.dispatch('kept_for_reading')()) }} {%- endmacro %}

{% macro duckdb__kept_for_reading() -%} {{ return('view') }} {%- endmacro %}

{% macro spark__kept_for_reading() -%} {{ return('table') }} {%- endmacro %}

{#- Whether a part of a text is as a regular expression says. -#}
{% macro matches(written, expression) -%}
    {{ adapter.dispatch('matches')(written, expression) }}
{%- endmacro %}

{% macro duckdb__matches(written, expression) -%}
    regexp_matches({{ written }}, '{{ expression }}')
{%- endmacro %}

{% macro spark__matches(written, expression) -%}
    regexp_like({{ written }}, r'{{ expression }}')
{%- endmacro %}

{#- The value of a type a text is read as, NULL where it is none: timestamptz gives the
    instant in UTC, timestamp the time on the clock. -#}
{% macro read_as(written, data_type) -%}
    {%- if data_type == 'string' -%} {{ written }}
    {%- else -%} {{ adapter.dispatch('read_as')(written, data_type) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__read_as(written, data_type) -%}
    try_cast({{ written }} as {{ data_type }})
{%- endmacro %}

{#- The time on a place's clock of an instant written with its offset. -#}
{% macro time_written(written, time_zone) -%}
    {{ adapter.dispatch('time_written')(written, time_zone) }}
{%- endmacro %}

{% macro duckdb__time_written(written, time_zone) -%}
    timezone('{{ time_zone }}', {{ read_as(written, 'timestamptz') }})
{%- endmacro %}

{% macro spark__time_written(written, time_zone) -%}
    convert_timezone('UTC', '{{ time_zone }}', {{ read_as(written, 'timestamptz') }})
{%- endmacro %}

{#- The time on a place's clock of an instant in UTC. -#}
{% macro time_at(time_zone, moment) -%}
    {{ adapter.dispatch('time_at')(time_zone, moment) }}
{%- endmacro %}

{% macro duckdb__time_at(time_zone, moment) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ moment }}))
{%- endmacro %}

{% macro spark__time_at(time_zone, moment) -%}
    convert_timezone('UTC', {{ time_zone }}, {{ moment }})
{%- endmacro %}

{#- The instant in UTC of a time on a place's clock. -#}
{% macro utc_of(clock_time, time_zone) -%}
    {{ adapter.dispatch('utc_of')(clock_time, time_zone) }}
{%- endmacro %}

{% macro duckdb__utc_of(clock_time, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, {{ clock_time }}))
{%- endmacro %}

{#- Of the two instants a clock that is put back shows a time at, DuckDB takes the later and
    Spark the earlier: the later one has the offset of the day after. -#}
{% macro spark__utc_of(clock_time, time_zone) -%}
    {%- set later -%}
        convert_timezone({{ time_zone }}, 'UTC', {{ clock_time }} + interval '1' day)
        - interval '1' day
    {%- endset -%}
    case
        when convert_timezone('UTC', {{ time_zone }}, {{ later }}) = {{ clock_time }}
            then {{ later }}
        else convert_timezone({{ time_zone }}, 'UTC', {{ clock_time }})
    end
{%- endmacro %}

{#- The time zones there are, which Spark is told by DuckDB: see raw_tables.sql. -#}
{% macro time_zone_names() -%} {{ adapter.dispatch('time_zone_names')() }} {%- endmacro %}

{% macro duckdb__time_zone_names() -%} select name from pg_timezone_names() {%- endmacro %}

{% macro spark__time_zone_names() -%} select name from raw.time_zones {%- endmacro %}
