{#- The spans of days customers owe (owing), cut on the days something changes for them
    (changes: customer_id, calendar_date): customer_id, valid_from_date, valid_to_date. -#}
{% macro owing_cut_by_changes() -%}
    select
        customer_id,
        valid_from_date,
        coalesce(
            {{ add_days(
                'lead(valid_from_date) over (
                    partition by customer_id, owing_to_date order by valid_from_date
                )',
                -1
            ) }},
            owing_to_date
        ) as valid_to_date
    from (
        select
            customer_id,
            valid_from_date,
            valid_to_date as owing_to_date
        from owing

        union

        select
            owing.customer_id,
            changes.calendar_date as valid_from_date,
            owing.valid_to_date as owing_to_date
        from owing
        inner join changes
            on
                owing.customer_id = changes.customer_id
                and owing.valid_from_date < changes.calendar_date
                and owing.valid_to_date >= changes.calendar_date
    ) as cuts
{%- endmacro %}
