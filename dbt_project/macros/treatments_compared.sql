{#- What is said of each treatment of a comparison over its window, by the name the model
    gives a treatment. -#}
{% macro treatments_compared(comparison, treatment) -%}
select
    dimension,
    member,
    {{ treatment }},
    unit_count,
    outcome_count,
    outcome_rate,
    comparable_rate,
    shrunk_rate,
    low,
    high,
    difference_points,
    p_value,
    adjusted_p_value,
    verdict,
    is_recommended,
    period_start as window_start_date,
    (
        select {{ add_days('as_of', -var('treatment_outcome_days')) }}
        from {{ ref('int_clock') }}
    ) as window_end_date
from {{ ref('int_treatments_compared') }}
where comparison = '{{ comparison }}'
{%- endmacro %}
