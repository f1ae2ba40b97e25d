{#- What of the amounts fallen due (totals.fallen_due_amount) is not covered by what was
    paid, nothing where it is within the tolerance: an amount, or a percentage of the
    obligations it is left of, which begin at settled_before_amount. -#}
{% macro overdue_amount(paid_amount, oldest_unpaid) -%}
    case
        when
            totals.fallen_due_amount - {{ paid_amount }}
            > {{ var('overdue_tolerance_amount') }}
            and (totals.fallen_due_amount - {{ paid_amount }}) * 100
            > {{ var('overdue_tolerance_percent') }}
            * (totals.fallen_due_amount - {{ oldest_unpaid }}.settled_before_amount)
            then totals.fallen_due_amount - {{ paid_amount }}
        else 0
    end
{%- endmacro %}
