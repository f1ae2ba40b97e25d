-- One row per delivered value that is not of the type its column is declared with. The
-- row it stands in is in no other staging model.

{% set staged_kinds = [
    ('billing', 'adjustments'), ('billing', 'agreement_contracts'),
    ('billing', 'agreement_instalments'), ('billing', 'agreements'),
    ('billing', 'contracts'), ('billing', 'customers'), ('billing', 'instalments'),
    ('contact', 'agents'), ('contact', 'contact_events'), ('contact', 'contacts'),
    ('contact', 'promises'), ('payment', 'allocations'), ('payment', 'payments')
] -%}

with

{% for area, kind in staged_kinds %}
unreadable_{{ kind }} as ({{ unreadable(area, kind) }}){{ ',' if not loop.last }}
{% endfor %}

{% for area, kind in staged_kinds %}
select * from unreadable_{{ kind }}
{{ 'union all' if not loop.last }}
{% endfor %}
