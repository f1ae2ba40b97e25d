-- One row per month of sending, channel, campaign and template of messages: how far
-- they got, what machines did beside, and what followed those delivered.

with

messages as (

    select * from {{ ref('fct_messages') }}

),

-- the windows of an action begin with the contact, those of a message with its sending
actions as (

    select * from {{ ref('int_actions_followed') }}

)

select
    {{ period_start('month', 'messages.sent_date') }} as month_start_date,
    messages.channel,
    coalesce(messages.campaign, 'unknown') as campaign,
    coalesce(messages.template, 'unknown') as template,
    count(*) as sent_count,
    count(*) filter (where messages.is_delivered) as delivered_count,
    count(*) filter (where messages.is_opened) as opened_count,
    count(*) filter (where messages.is_clicked) as clicked_count,
    count(*) filter (where messages.is_visited) as visited_count,
    count(*) filter (where messages.is_replied) as replied_count,
    count(*) filter (where messages.has_opted_out) as opted_out_count,
    count(*) filter (where messages.has_machine_open) as machine_opened_count,
    count(*) filter (where messages.has_machine_click) as machine_clicked_count,
    count(*) filter (where actions.is_promised) as promise_followed_count,
    count(*) filter (where actions.is_paid) as payment_followed_count,
    max(greatest(messages.matures_on, actions.payment_window_end_date)) as matures_on
from messages
left join actions on messages.contact_id = actions.contact_id
group by
    {{ period_start('month', 'messages.sent_date') }},
    messages.channel,
    coalesce(messages.campaign, 'unknown'),
    coalesce(messages.template, 'unknown')
