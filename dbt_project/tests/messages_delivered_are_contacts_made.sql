-- Where messages are counted and where contacts are, the same ones were delivered.

select
    messages.contact_id,
    messages.is_delivered,
    contacts.is_contacted
from {{ ref('fct_messages') }} as messages
left join {{ ref('fct_contacts') }} as contacts
    on messages.contact_id = contacts.contact_id
where contacts.is_contacted is distinct from messages.is_delivered
