-- Inbound and outbound promises kept, recovery by amount and by count and the like
-- answer one question in different units: each names the other, and neither itself.

{%- set problems = [] -%}
{%- for kpi_id in kpi_ids() -%}
{%- for other in kpi(kpi_id).meta.not_comparable_with or [] -%}
{%- if other == kpi_id or other not in kpi_ids() -%}
{%- do problems.append((kpi_id, other, 'no other KPI')) -%}
{%- elif execute and kpi_id not in (kpi(other).meta.not_comparable_with or []) -%}
{%- do problems.append((kpi_id, other, 'does not say so too')) -%}
{%- endif -%}
{%- endfor -%}
{%- endfor -%}
{%- for kpi_id, other in [
    ('inbound_promises_kept_rate', 'outbound_promises_kept_rate'),
    ('inbound_promises_kept_rate_matured', 'outbound_promises_kept_rate'),
    ('promises_kept_rate', 'outbound_promises_kept_rate'),
    ('recovery_rate', 'recovery_rate_stock'),
    ('recovery_rate', 'recovery_rate_by_count'),
    ('conversion_rate', 'payment_conversion_rate'),
] -%}
{%- if execute and other not in (kpi(kpi_id).meta.not_comparable_with or []) -%}
{%- do problems.append((kpi_id, other, 'compared')) -%}
{%- endif -%}
{%- endfor %}

{% for kpi_id, other, problem in problems -%}
select
    '{{ kpi_id }}' as kpi_id,
    '{{ other }}' as other_kpi_id,
    '{{ problem }}' as problem
union all
{% endfor -%}
select
    cast(null as string) as kpi_id,
    cast(null as string) as other_kpi_id,
    cast(null as string) as problem
where false
