-- One row per message of any kind and what became of it, by what was reported of it
-- within the days that count. Machines are told apart from people: what a mail scanner
-- opens or clicks proves nothing.

with

clock as (

    select * from {{ ref('int_clock') }}

),

contacts as (

    select * from {{ ref('stg_contact__contacts') }}
    where
        channel not in ('voice', 'ivr')
        and contact_date <= (select as_of from clock)

),

events as (

    select
        *,
        event in ('opened', 'clicked', 'visited', 'replied', 'opted_out')
        and not is_machine
        and not is_automatic as is_by_person
    from {{ ref('stg_contact__contact_events') }}
    where occurred_date <= (select as_of from clock)

),

first_sent as (

    select
        contact_id,
        min(occurred_date) as sent_date
    from events
    where event = 'sent'
    group by contact_id

),

messages as (

    select
        contacts.contact_id,
        contacts.outcome,
        coalesce(first_sent.sent_date, contacts.contact_date) as sent_date
    from contacts
    left join first_sent on contacts.contact_id = first_sent.contact_id

),

summed as (

    select
        events.contact_id,
        {%- for event in ['delivered', 'bounced'] %}
        max(events.occurred_at) filter (where events.event = '{{ event }}')
            as last_{{ event }}_at,
        {%- endfor %}
        {%- for event in ['opened', 'clicked', 'visited', 'replied', 'opted_out'] %}
        count(*) filter (where events.event = '{{ event }}' and events.is_by_person)
            as {{ event }}_count,
        {%- endfor %}
        {%- for event in ['opened', 'clicked', 'visited'] %}
        count(*) filter (where events.event = '{{ event }}' and events.is_machine)
            as machine_{{ event }}_count,
        {%- endfor %}
        count(*) filter (where events.is_by_person) as by_person_count,
        count(*) filter (where events.event != 'queued') as beyond_queue_count
    from events
    inner join messages on events.contact_id = messages.contact_id
    where
        events.occurred_date
        <= {{ add_days('messages.sent_date', var('message_event_days')) }}
    group by events.contact_id

)

select
    messages.contact_id,
    messages.sent_date,
    {{ add_days('messages.sent_date', var('message_event_days')) }} as matures_on,
    -- what never left the queue was not sent
    messages.outcome is not null
    or coalesce(summed.beyond_queue_count > 0, true) as is_sent,
    case
        -- who read or answered it had it
        when summed.by_person_count > 0 then true
        -- it may bounce after its delivery was confirmed, or arrive at a second try
        when coalesce(summed.last_delivered_at, summed.last_bounced_at) is not null
            then coalesce(
                summed.last_bounced_at is null
                or summed.last_delivered_at > summed.last_bounced_at,
                false
            )
        else coalesce(messages.outcome in ('delivered', 'connected'), false)
    end as is_delivered,
    -- who came to the page clicked, and who clicked had opened it
    coalesce(
        summed.opened_count + summed.clicked_count + summed.visited_count > 0, false
    ) as is_opened,
    coalesce(summed.clicked_count + summed.visited_count > 0, false) as is_clicked,
    coalesce(summed.visited_count > 0, false) as is_visited,
    coalesce(summed.replied_count > 0, false) as is_replied,
    coalesce(summed.opted_out_count > 0, false) as has_opted_out,
    coalesce(summed.machine_opened_count > 0, false) as has_machine_open,
    coalesce(summed.machine_clicked_count + summed.machine_visited_count > 0, false)
        as has_machine_click
from messages
left join summed on messages.contact_id = summed.contact_id
