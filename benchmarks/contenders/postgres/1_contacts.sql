-- Ten KPIs by month. The newest versions of what COPY has loaded are the views newest_<kind> of
-- postgres_kpis.py. Every step is a table of its own, so that the planner knows what it has before
-- the next.

create unlogged table golden as
with recursive chains as (
    select customer_id, customer_id as golden_id, merged_into_customer_id as next_id, 0 as step
    from newest_customers
    union all
    select chains.customer_id, chains.next_id, customers.merged_into_customer_id, step + 1
    from chains
    left join newest_customers as customers on chains.next_id = customers.customer_id
    where chains.next_id is not null and step < 20
)
select distinct on (customer_id) customer_id, golden_id
from chains
where golden_id != customer_id
order by customer_id, step desc;

create unlogged table contracts as
select contract_id, coalesce(golden_id, customer_id) as customer_id, portfolio
from newest_contracts
left join golden using (customer_id);

create unlogged table contacts as
select
    contact_id,
    coalesce(golden_id, customer_id) as customer_id,
    contract_id,
    lower(channel) as channel,
    lower(direction) as direction,
    lower(outcome) as outcome,
    lower(actor) as actor,
    started_at,
    started_at::date as contact_date,
    lower(channel) in ('voice', 'ivr') as is_call
from newest_contacts
left join golden using (customer_id)
where started_at::date <= :as_of;

create unlogged table events as
select
    contact_id,
    lower(event) as event,
    occurred_at,
    occurred_at::date as occurred_date,
    lower(event) in ('opened', 'clicked', 'visited', 'replied', 'opted_out')
    and not coalesce(is_machine, false)
    and not coalesce(is_automatic, false) as is_by_person
from newest_contact_events
where occurred_at::date <= :as_of;

analyze golden, contracts, contacts, events;

-- what became of every message within seven days

create unlogged table messages as
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

analyze messages;

create unlogged table reached as
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

analyze reached;
