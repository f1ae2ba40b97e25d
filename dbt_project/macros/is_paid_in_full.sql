{#- True of an episode whose cash recovered its exposure but for the tolerance. -#}
{% macro is_paid_in_full(recovered_amount) -%}
    (
        {{ recovered_amount }} > 0
        and {{ recovered_amount }} >= episodes.exposure_amount - greatest(
            {{ var('overdue_tolerance_amount') }},
            episodes.exposure_amount * {{ var('overdue_tolerance_percent') }} * 0.01
        )
    )
{%- endmacro %}
