{#- The models that are trained in the daily job; each has a challenger beside it. -#}
{% macro own_score_models() -%}
    {{ return(['propensity_to_pay', 'early_warning']) }}
{%- endmacro %}

{#- The name of a model whose scores were imported: never that of one of ours. -#}
{% macro imported_score_model(model) -%}
    case
            when {{ model }} in (
                {%- for own in own_score_models() -%}
                '{{ own }}', '{{ own }}_challenger'{{ ', ' if not loop.last }}
                {%- endfor -%}
            ) then {{ model }} || '_imported'
            else {{ model }}
        end
{%- endmacro %}

{#- True of the rows with the highest scores of a run, a tenth of them rounded up: of equal
    scores those of the first customers. -#}
{% macro is_in_highest_tenth(score, customer_id, run) -%}
    row_number() over (
            partition by {{ run | join(', ') }}
            order by {{ score }} desc, {{ customer_id }} asc
        )
        <= ceil(count(*) over (partition by {{ run | join(', ') }}) * 0.1)
{%- endmacro %}
