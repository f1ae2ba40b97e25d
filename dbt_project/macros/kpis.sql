{#- The KPIs, in the order of the register: the one list a new KPI is added to. -#}
{% macro kpi_ids() -%}
    {{ return([
        'recovery_rate',
        'recovery_rate_30d',
        'recovery_rate_60d',
        'recovery_rate_90d',
        'recovery_rate_180d',
        'recovery_rate_stock',
        'recovery_rate_by_count',
        'recovery_rate_by_count_haircut',
        'collection_cost',
        'cost_per_recovered_debt',
        'cost_to_collect',
        'conversion_rate',
        'payment_conversion_rate',
        'net_promoter_score',
        'satisfaction_rate',
        'survey_response_rate',
        'renegotiation_rate',
        'renegotiation_rate_signed',
        'renegotiation_rate_value',
        'offer_acceptance_rate',
        'out_of_hours_agreement_share',
        'first_payment_default_rate_1d',
        'first_payment_default_rate_15d',
        'first_payment_default_rate_30d',
        'time_to_recover',
        'time_to_recover_median',
        'delinquency_rate',
        'delinquent_balance_rate',
        'delinquent_balance_rate_undisputed',
        'response_rate',
        'action_response_rate',
        'score_quality',
        'priority_adherence',
        'automation_share',
        'untouched_recovery_share',
        'reminder_effect',
        'channel_preference',
        'creditor_direct_share',
        'days_to_pay_after_due',
        'customer_progress',
        'accounts_per_collector',
        'accounts_per_collector_fte',
        'amount_per_collector',
        'amount_per_collector_fte',
        'amount_per_collector_attributed',
        'inbound_promises_kept_rate',
        'inbound_promises_kept_rate_matured',
        'promises_kept_rate',
        'outbound_promises_kept_rate',
        'message_delivery_rate',
        'message_open_rate',
        'message_click_rate',
        'message_visit_rate',
        'informed_call_share',
        'self_service_share',
        'self_service_share_assisted',
        'self_service_plan_share',
        'profit_per_account',
        'verified_phone_share',
        'verified_email_share',
        'payment_attempt_failure_rate',
        'payment_abandonment_rate',
        'stuck_payers',
        'portal_error_rate',
        'best_treatment',
        'repayment_rate_at_7_dpd',
        'outbound_call_volume',
        'outbound_calls_per_1000_accounts',
        'cash_collected',
        'debt_reason_mix',
        'debt_reason_coverage',
        'stage_mix',
        'stage_mix_undisputed',
        'escalation_rate',
        'early_feedback_effect',
        'complex_cases_to_people_share',
        'case_completeness',
        'net_new_debtors_rate',
        'early_warning_precision',
        'early_warning_recall',
        'speech_coverage',
        'payment_channel_mix',
        'retention_after_collection_6m',
        'retention_after_collection_12m',
        'preference_honoured_rate',
        'conduct_breach_rate',
    ]) }}
{%- endmacro %}

{#- The KPIs a model goes through one after the other. -#}
{% macro kpi_ids_in_turn() -%}
    {{ return(in_turn(kpi_ids())) }}
{%- endmacro %}

{#- What a model goes through: for the linter, to whom it is alike, one in so many. -#}
{% macro in_turn(items) -%}
    {{ return(items[::var('one_in', 1) | int]) }}
{%- endmacro %}

{#- The dimensions a KPI may be sliced by, under the names they have everywhere. -#}
{% macro kpi_dimensions() -%}
    {{ return([
        'portfolio',
        'product',
        'creditor_brand',
        'currency',
        'segment',
        'region',
        'age_band',
        'ageing_bucket',
        'stage',
        'channel',
        'payment_channel',
        'team',
        'agent',
        'actor',
        'campaign',
        'template',
        'cost_kind',
        'agreement_kind',
        'failure_code',
        'exit_reason',
        'conduct_rule',
        'score_model',
        'treatment_arm',
    ]) }}
{%- endmacro %}

{% macro period_grains() -%}
    {{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}

{#- A KPI's relation, columns and metadata, with the defaults of what it leaves out. -#}
{% macro kpi(kpi_id) -%}
    {%- set relation = ref('kpi_' ~ kpi_id) -%}
    {%- set declared = kpi_declaration(kpi_id) if execute else {'columns': {}, 'meta': {}} -%}
    {%- set meta = {'kind': 'ratio', 'counts': 'row', 'spans': {}, 'mix': none,
        'multiplier': 1, 'money': [], 'range': [none, none]} -%}
    {%- do meta.update(declared.meta) -%}
    {{ return({
        'id': kpi_id,
        'relation': relation,
        'columns': declared.columns,
        'meta': meta,
    }) }}
{%- endmacro %}

{#- The KPIs whose model gives a finished statistic, or those whose model gives rows. -#}
{% macro kpis(is_statistic) -%}
    {%- set kpis = [] -%}
    {%- for kpi_id in kpi_ids_in_turn() -%}
        {%- set kpi = kpi(kpi_id) -%}
        {%- if (kpi.meta.kind == 'statistic') == is_statistic -%}
            {%- do kpis.append(kpi) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(kpis) }}
{%- endmacro %}

{#- The part of a row of kpi_rows, where its KPI is a mix, and its conformed dimensions,
    'unknown' where the KPI has the dimension and the row does not. -#}
{% macro kpi_part_and_dimensions(kpi) -%}
    {{ "coalesce(kpi_rows." ~ kpi.meta.mix ~ ", 'unknown')" if kpi.meta.mix
        else "'all'" }} as part
    {%- for dimension in kpi_dimensions() %},
    {{ "coalesce(kpi_rows." ~ dimension ~ ", 'unknown')"
        if dimension in kpi.meta.dimensions
        else 'cast(null as string)' }} as {{ dimension }}
    {%- endfor %}
{%- endmacro %}

{#- What tells the rows of kpi_rows apart by part and dimensions: of those their KPI has,
    which are fewer to compare than all. -#}
{% macro kpi_groups(kpi) -%}
    {%- for column in (kpi.meta.dimensions or [])
        + ([kpi.meta.mix] if kpi.meta.mix else []) -%}
    , kpi_rows.{{ column }}
    {%- endfor -%}
{%- endmacro %}

{#- The denominator of a row of kpi_rows, 0 where its KPI is an amount. -#}
{% macro kpi_denominator(kpi) -%}
    cast({{ 'kpi_rows.denominator' if 'denominator' in kpi.columns else '0' }}
        as decimal(28, 4))
{%- endmacro %}

{#- What a KPI's YAML says of it; unit tests, which see no other YAML, say it themselves. -#}
{% macro kpi_declaration(kpi_id) -%}
    {%- set node = graph.nodes.values()
        | selectattr('name', 'equalto', 'kpi_' ~ kpi_id) | first -%}
    {{ return({'columns': node.columns, 'meta': node.config.meta.kpi}) }}
{%- endmacro %}

{#- A text as SQL, NULL where there is none. -#}
{% macro text(value) -%}
    {%- if value -%} '{{ (value | string | trim).replace("'", "''") }}'
    {%- else -%} cast(null as string)
    {%- endif -%}
{%- endmacro %}
