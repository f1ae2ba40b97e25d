-- One row per contact of ours, made or planned, and conduct rule it is judged by: does
-- it break the rule, and how?

with

rulings as (

    select * from {{ ref('int_rulings_of_state') }}
    union all
    select * from {{ ref('int_rulings_of_history') }}

)

select
    ruled.attempt_id,
    ruled.contact_id,
    ruled.is_planned,
    ruled.customer_id,
    ruled.channel,
    ruled.local_date,
    ruled.conduct_rule,
    ruled.rule_kind,
    rulings.is_breach,

    -- how it broke the rule
    case when rulings.is_breach then rulings.since_date end as since_date,
    case when rulings.is_breach then rulings.observed end as observed,
    case when rulings.is_breach then rulings.permitted end as permitted,
    ruled.max_contacts,
    ruled.within_days
from rulings
inner join {{ ref('int_contacts_ruled') }} as ruled
    on
        rulings.attempt_id = ruled.attempt_id
        and rulings.conduct_rule = ruled.conduct_rule
