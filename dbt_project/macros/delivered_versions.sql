{#- The versions of an export kind, each with the days on which it was the newest known:
    known_from_date to known_to_date, 9999-12-31 where it still is. Of a day between them
    it is the row that delivered(area, kind) gives with that day as known_at, so that a
    model can ask what was known on several days at once. What was withdrawn has no
    version from then on, and a full delivery ends what it leaves out. A key is of one
    system. -#}
{% macro delivered_versions(area, kind) -%}
    {%- set source_relation = source(area, kind) -%}
    {%- set files = source('ingestion', 'files') -%}
    {%- set clock = ref('int_clock') -%}
    {%- if execute -%}
    {%- set table = declaration(area, kind) -%}
    select *
    from (
        select
            readable_rows.*,
            export_day as known_from_date,
            least(
                {{ add_days('next_full_day', -1) }},
                coalesce(
                    {{ add_days(
                        'min(export_day) over (
                            partition by ' ~ (typed_key(table) | join(', ')) ~ ', next_full_day
                            order by '
                            ~ (
                                instant('updated_at') ~ ' asc nulls first, '
                                if 'updated_at' in table.columns else ''
                            )
                            ~ 'export_day asc, file_name asc, row_number asc
                            rows between 1 following and unbounded following
                        )',
                        -1
                    ) }},
                    date '9999-12-31'
                )
            ) as known_to_date
        from (
            select
                delivered_rows.*,
                coalesce(full_deliveries.next_full_day, date '9999-12-31')
                    as next_full_day
            from {{ source_relation }} as delivered_rows
            left join (
                {{ spans_between_full_deliveries(table, files, clock) }}
            ) as full_deliveries
                on
                    delivered_rows.source_system = full_deliveries.delivering_system
                    and delivered_rows.export_day >= full_deliveries.from_day
                    and delivered_rows.export_day < full_deliveries.next_full_day
            where
                {{ is_known() }}
                {%- for column in typed_columns(table) %}
                and not {{ is_mistyped(column) }}
                {%- endfor %}
        ) as readable_rows
    ) as versions
    where
        known_from_date <= known_to_date
        and not coalesce({{ read_as('is_deleted', 'boolean') }}, false)
    {%- endif -%}
{%- endmacro %}

{#- Of each system, the days from one full delivery of a kind to the next, those before the
    first included. -#}
{% macro spans_between_full_deliveries(table, files, clock) -%}
    select
                    delivering_system,
                    from_day,
                    coalesce(
                        lead(from_day) over (
                            partition by delivering_system order by from_day
                        ),
                        date '9999-12-31'
                    ) as next_full_day
                from (
                    select
                        source_system as delivering_system,
                        date '0001-01-01' as from_day
                    from {{ files }}

                    union

                    select
                        source_system as delivering_system,
                        export_day as from_day
                    from {{ files }}
                    where
                        area = '{{ table.source_name }}'
                        and kind = '{{ table.name }}'
                        and is_full
                        and export_day <= (select known_at from {{ clock }})
                ) as full_days
{%- endmacro %}

{#- True of a version that was the newest known on the day: decision_date of days. -#}
{% macro is_version_of(relation) -%}
    days.decision_date >= {{ relation }}.known_from_date
            and days.decision_date <= {{ relation }}.known_to_date
{%- endmacro %}
