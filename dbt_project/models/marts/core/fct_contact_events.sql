-- One row per message and thing that happened to it after it was sent.

select
    events.contact_id,
    contacts.customer_id,
    contacts.channel,
    contacts.direction,
    events.event,
    events.is_machine,
    events.is_automatic,
    -- a person did it: no mail scanner, no prefetching, no automatic reply
    events.event in ('opened', 'clicked', 'visited', 'replied')
    and not events.is_machine
    and not events.is_automatic as is_genuine,
    events.occurred_at,
    events.occurred_date
from {{ ref('stg_contact__contact_events') }} as events
left join {{ ref('fct_contacts') }} as contacts
    on events.contact_id = contacts.contact_id
where events.occurred_date <= (select as_of from {{ ref('int_clock') }})
