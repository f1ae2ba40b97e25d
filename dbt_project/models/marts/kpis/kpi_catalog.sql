-- One row per KPI: what it is called, what it asks and means in three languages, how it
-- is counted, where it comes from, and whether what it needs is there: exports, and for
-- some KPIs scores.

with

described as (

    {% for kpi_id in kpi_ids_in_turn() -%}
    {%- set meta = kpi(kpi_id).meta %}
    select
        {{ loop.index }} as kpi_position,
        '{{ kpi_id }}' as kpi_id,
        {{ text(meta.number) }} as kpi_number,
        {%- for language in ['en', 'pt', 'es'] %}
        {{ text((meta.name or {})[language]) }} as name_{{ language }},
        {{ text((meta.question or {})[language]) }} as question_{{ language }},
        {{ text((meta.definition or {})[language]) }} as definition_{{ language }},
        {%- endfor %}
        {{ text(meta.unit) }} as unit,
        {{ text(meta.direction) }} as direction,
        {{ text(meta.time_basis) }} as time_basis,
        {{ text(meta.kind) }} as kind,
        {{ text(meta.counts) }} as counts,
        {{ text(meta.spans.numerator) }} as numerator_spans,
        {{ text(meta.spans.denominator) }} as denominator_spans,
        {{ text(meta.mix) }} as mix,
        {{ meta.multiplier }} as multiplier,
        {{ 'true' if meta.money else 'false' }} as is_money,
        {%- for side in ['numerator', 'denominator'] %}
        {{ 'true' if side in meta.money else 'false' }} as is_{{ side }}_money,
        {%- endfor %}
        cast({{ 'null' if meta.range[0] is none else meta.range[0] }} as double)
            as minimum_value,
        cast({{ 'null' if meta.range[1] is none else meta.range[1] }} as double)
            as maximum_value,
        {{ text((meta.dimensions or []) | join(', ')) }} as dimensions,
        {{ text((meta.not_comparable_with or []) | join(', ')) }}
            as not_comparable_with,
        {{ text((meta.requires or []) | join(', ')) }} as requires,
        {{ text(meta.needs_scores) }} as needs_scores,
        {{ text(meta.source) }} as source,
        {{ meta.version or 1 }} as version
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

required_exports as (

    {% for kpi_id in kpi_ids_in_turn() -%}
    {%- for export in ['billing.contracts', 'billing.instalments', 'payment.payments']
        + (kpi(kpi_id).meta.requires or []) %}
    select
        '{{ kpi_id }}' as kpi_id,
        '{{ export }}' as required_export
    union
    {%- endfor %}
    {%- endfor %}
    select
        null as kpi_id,
        null as required_export

),

delivered_exports as (

    select distinct area || '.' || kind as delivered_export
    from {{ source('ingestion', 'files') }}
    where {{ is_known() }}

),

missing_exports as (

    select
        required_exports.kpi_id,
        {{ listed(
            'required_exports.required_export', 'required_exports.required_export'
        ) }} as waits_for
    from required_exports
    left join delivered_exports
        on required_exports.required_export = delivered_exports.delivered_export
    where delivered_exports.delivered_export is null
    group by required_exports.kpi_id

),

missing_scores as (

    select * from {{ ref('int_scores_missing') }}

)

select
    described.*,
    missing_exports.waits_for is null and missing_scores.needs_scores is null
        as is_available,
    missing_exports.waits_for,
    missing_scores.unavailable_en,
    missing_scores.unavailable_pt,
    missing_scores.unavailable_es
from described
left join missing_exports on described.kpi_id = missing_exports.kpi_id
left join missing_scores on described.needs_scores = missing_scores.needs_scores
