-- The newest versions, newest_<kind>, and what merged customers stand for, golden, are views of
-- pyspark_kpis.py. What is read more than once is cached.

cache table contracts as
select contract_id, coalesce(golden_id, customer_id) as customer_id, portfolio
from newest_contracts
left join golden using (customer_id);

cache table contacts as
select
    contact_id,
    coalesce(golden_id, customer_id) as customer_id,
    contract_id,
    lower(channel) as channel,
    lower(direction) as direction,
    lower(outcome) as outcome,
    lower(actor) as actor,
    started_at::timestamp as started_at,
    started_at::timestamp::date as contact_date,
    lower(channel) in ('voice', 'ivr') as is_call
from newest_contacts
left join golden using (customer_id)
where started_at::timestamp::date <= :as_of;

cache table events as
select
    contact_id,
    lower(event) as event,
    occurred_at::timestamp as occurred_at,
    occurred_at::timestamp::date as occurred_date,
    lower(event) in ('opened', 'clicked', 'visited', 'replied', 'opted_out')
    and not coalesce(is_machine::boolean, false)
    and not coalesce(is_automatic::boolean, false) as is_by_person
from newest_contact_events
where occurred_at::timestamp::date <= :as_of;

-- what became of every message within seven days

create or replace temporary view messages as
with sent as (
    select contact_id, min(occurred_date) as sent_date
    from events
    where event = 'sent'
    group by contact_id
),

reported as (
    select
        contact_id,
        max(occurred_at) filter (where event = 'delivered') as delivered_at,
        max(occurred_at) filter (where event = 'bounced') as bounced_at,
        bool_or(is_by_person) as has_person,
        bool_or(is_by_person and event in ('opened', 'clicked', 'visited')) as is_opened,
        bool_or(event != 'queued') as has_left_the_queue
    from events
    inner join contacts using (contact_id)
    left join sent using (contact_id)
    where not is_call and occurred_date <= coalesce(sent_date, contact_date) + 7
    group by contact_id
)

select
    contact_id,
    coalesce(sent_date, contact_date) as sent_date,
    outcome is not null or coalesce(has_left_the_queue, true) as is_sent,
    case
        when has_person then true
        when coalesce(delivered_at, bounced_at) is not null
            then coalesce(bounced_at is null or delivered_at > bounced_at, false)
        else coalesce(outcome in ('delivered', 'connected'), false)
    end as is_delivered,
    coalesce(is_opened, false) as is_opened
from contacts
left join sent using (contact_id)
left join reported using (contact_id)
where not is_call;

cache table reached as
select
    contacts.*,
    coalesce(case when is_call then outcome = 'connected' else is_delivered end, false)
        as is_contacted,
    sent_date,
    is_sent,
    is_delivered,
    is_opened
from contacts
left join messages using (contact_id);

