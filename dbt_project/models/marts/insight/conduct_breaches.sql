-- One row per contact we made and conduct rule it broke, the newest first: what
-- compliance has to look at.

with

breaches as (

    select * from {{ ref('int_contacts_judged') }}
    where is_breach and not is_planned

)

select
    breaches.contact_id,
    breaches.conduct_rule,
    breaches.rule_kind,

    -- the contact
    breaches.customer_id,
    contacts.contract_id,
    contacts.contact_date,
    contacts.started_at,
    breaches.local_date,
    contacts.channel,
    contacts.outcome,
    contacts.actor,
    contacts.agent_id,
    contacts.team,
    contacts.campaign,
    contacts.region,

    -- the rule
    rules.country as rule_country,
    rules.region as rule_region,
    rules.source,
    rules.description_en,
    rules.description_pt,
    rules.description_es,

    -- how it was broken
    breaches.since_date,
    breaches.observed,
    breaches.permitted,
    {{ conduct_sentence('breaches', 'en') }} as why_en,
    {{ conduct_sentence('breaches', 'pt') }} as why_pt,
    {{ conduct_sentence('breaches', 'es') }} as why_es
from breaches
inner join {{ ref('fct_contacts') }} as contacts
    on breaches.contact_id = contacts.contact_id
inner join {{ ref('conduct_rules') }} as rules
    on
        breaches.conduct_rule = rules.conduct_rule
        and breaches.local_date >= rules.valid_from_date
        and breaches.local_date <= rules.valid_to_date
