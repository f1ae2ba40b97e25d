-- One row per rule that keeps customers out of the contact queue, and one for all of them together: a
-- customer kept out by two rules counts under each.
with

rules as (

    select *
    from conduct_rules
    qualify row_number() over (partition by conduct_rule order by valid_from_date desc) = 1

),

kept_out as (

    select
        coalesce(contact_queue_exclusions.conduct_rule, 'all') as conduct_rule,
        count(distinct customer_id) as customer_count,
        min(until_date) as first_until_date
    from contact_queue_exclusions
    group by rollup (contact_queue_exclusions.conduct_rule)
    having count(*) > 0

)

select
    kept_out.conduct_rule,
    rules.description_en,
    rules.description_pt,
    rules.description_es,
    rules.source as rule_source,
    kept_out.customer_count,
    kept_out.first_until_date
from kept_out
left join rules using (conduct_rule)
order by kept_out.conduct_rule = 'all' desc, kept_out.customer_count desc, kept_out.conduct_rule
