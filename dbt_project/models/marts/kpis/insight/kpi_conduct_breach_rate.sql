-- One row per contact we made and conduct rule it is judged by, dated by the contact:
-- did it break the rule?

select
    judged.contact_id as unit_id,
    contacts.contact_date as kpi_date,
    judged.conduct_rule,
    contacts.channel,
    contacts.actor,
    contacts.team,
    contacts.campaign,
    contacts.region,
    case when judged.is_breach then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_contacts_judged') }} as judged
inner join {{ ref('fct_contacts') }} as contacts
    on judged.contact_id = contacts.contact_id
where not judged.is_planned
