{#- True of an episode whose cash covers its exposure but for the tolerance. -#}
{% macro is_paid_in_full(cash_amount) -%}
    (
        {{ cash_amount }} > 0
        and {{ cash_amount }} >= episodes.exposure_amount - greatest(
            {{ var('overdue_tolerance_amount') }},
            episodes.exposure_amount * {{ var('overdue_tolerance_percent') }} * 0.01
        )
    )
{%- endmacro %}
