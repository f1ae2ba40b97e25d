-- One row per period and conduct rule that contacts were judged by: how many broke it, the most
-- first. What a rule says is what it said last.
with

rules as (

    select *
    from conduct_rules
    qualify row_number() over (partition by conduct_rule order by valid_from_date desc) = 1

)

select
    kpi_values.period_grain,
    kpi_values.period_start,
    true as is_mature,
    kpi_values.member as conduct_rule,
    rules.description_en,
    rules.description_pt,
    rules.description_es,
    rules.source as rule_source,
    kpi_values.numerator::bigint as breach_count,
    kpi_values.denominator::bigint as judged_count,
    kpi_values.value as breach_rate
from kpi_values
inner join shown_periods using (period_grain, period_start)
left join rules on kpi_values.member = rules.conduct_rule
where kpi_values.kpi_id = 'conduct_breach_rate' and kpi_values.dimension = 'conduct_rule'
order by kpi_values.period_grain, kpi_values.period_start, breach_count desc, breach_rate desc, conduct_rule
