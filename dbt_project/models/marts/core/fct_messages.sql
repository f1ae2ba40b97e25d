-- One row per message sent to a customer by a channel that says what becomes of it.

select
    messages.contact_id,
    contacts.customer_id,

    -- when
    messages.sent_date,
    messages.matures_on,

    -- what became of it
    messages.is_delivered,
    messages.is_opened,
    messages.is_clicked,
    messages.is_visited,
    messages.is_replied,
    messages.has_opted_out,
    messages.has_machine_open,
    messages.has_machine_click,

    -- what it belongs to
    contacts.channel,
    contacts.actor,
    contacts.campaign,
    contacts.template,
    contacts.segment,
    contacts.region,
    contacts.age_band
from {{ ref('int_messages_followed') }} as messages
inner join {{ ref('fct_contacts') }} as contacts
    on messages.contact_id = contacts.contact_id
where
    messages.is_sent
    and contacts.direction = 'outbound'
    and contacts.channel in (
        {%- for channel in var('message_channels') %}
        '{{ channel }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
