-- what follows an action: the next answer, and the next payment, of its customer

create unlogged table actions as
with moments as (
    select
        customer_id,
        started_at as moment_at,
        contact_id,
        null::text as kind,
        null::date as moment_date
    from reached
    where direction = 'outbound' and is_contacted

    union all

    select customer_id, started_at, null, 'answer', contact_date
    from reached
    where direction = 'inbound' and (is_contacted or not is_call)

    union all

    select distinct
        coalesce(contracts.customer_id, cash.customer_id), booked_at, null, 'payment', booked_date
    from cash
    left join targets using (cash_id)
    left join contracts on targets.contract_id = contracts.contract_id
    where is_payment and restated_amount > 0 and coalesce(is_ours, true)
),

followed as (
    select
        contact_id,
        min(moment_date) filter (where kind = 'answer') over later as answered_date,
        min(moment_date) filter (where kind = 'payment') over later as paid_date
    from moments
    where customer_id is not null
    window later as (
        partition by customer_id
        order by moment_at desc, contact_id nulls last
        rows between unbounded preceding and current row
    )
),

answered as (
    select contact_id, min(occurred_date) as event_date
    from events
    inner join reached using (contact_id)
    where
        is_by_person
        and event in ('clicked', 'visited', 'replied')
        and direction = 'outbound'
        and is_contacted
        and occurred_at > started_at
    group by contact_id
)

select
    customer_id,
    channel,
    date_trunc('month', contact_date)::date as month,
    coalesce(least(answered_date, event_date) <= contact_date + 7, false) as is_answered,
    coalesce(paid_date <= contact_date + 30, false) as is_paid
from reached
inner join followed using (contact_id)
left join answered using (contact_id);

analyze actions;

create unlogged table sessions as
select
    lower(channel) as channel,
    date_trunc('month', coalesce(submitted_at, succeeded_at)::date)::date as month,
    coalesce(succeeded_at::date <= :as_of, false) as is_succeeded
from newest_portal_sessions as newest
left join contacts on visited_from_contact_id = contact_id
where
    newest.started_at::date <= :as_of
    and coalesce(submitted_at, succeeded_at)::date <= :as_of;

create unlogged table offers as
with leading_contracts as (
    select distinct on (agreement_id) agreement_id, portfolio
    from newest_agreement_contracts
    inner join contracts using (contract_id)
    order by agreement_id, replaced_amount desc nulls last, contract_id
)

select
    portfolio,
    date_trunc('month', offered_at::date)::date as month,
    coalesce(
        (signed_at::date between offered_at::date and :as_of)
        or (activated_date between offered_at::date and :as_of),
        false
    ) as is_accepted
from newest_agreements
left join leading_contracts using (agreement_id)
where offered_at::date <= :as_of;
