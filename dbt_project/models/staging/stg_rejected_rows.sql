-- One row per delivered value that is not of the type its column is declared with. The
-- row it stands in is in no other staging model.

{% set staged_kinds = [
    ('billing', 'adjustments'), ('billing', 'agreement_contracts'),
    ('billing', 'agreement_instalments'), ('billing', 'agreements'),
    ('billing', 'contracts'), ('billing', 'costs'), ('billing', 'customers'),
    ('billing', 'disputes'), ('billing', 'instalments'), ('billing', 'revenues'),
    ('billing', 'stages'), ('contact', 'agent_days'), ('contact', 'agents'),
    ('contact', 'assignments'), ('contact', 'complaints'), ('contact', 'consents'),
    ('contact', 'contact_events'), ('contact', 'contact_points'),
    ('contact', 'contacts'), ('contact', 'promises'), ('contact', 'reasons'),
    ('contact', 'scores'), ('contact', 'speech_results'), ('contact', 'surveys'),
    ('payment', 'allocations'), ('payment', 'fx_rates'), ('payment', 'payments'),
    ('payment', 'portal_sessions')
] -%}

with

{% for area, kind in in_turn(staged_kinds) %}
unreadable_{{ kind }} as ({{ unreadable(area, kind) }}){{ ',' if not loop.last }}
{% endfor %}

{% for area, kind in in_turn(staged_kinds) %}
select * from unreadable_{{ kind }}
{{ 'union all' if not loop.last }}
{% endfor %}
