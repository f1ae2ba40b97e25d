-- One row per customer who ever promised or was offered an agreement: what came of it,
-- the agreement in force and the promise open at the end of as_of.

with

promise_counts as (

    select
        customer_id,
        count(*) as promise_count,
        count(*) filter (where promise_status = 'kept') as kept_promise_count,
        count(*) filter (where promise_status in ('broken', 'partial', 'kept_late'))
            as missed_promise_count,
        count(*) filter (where promise_status = 'pending') as open_promise_count
    from {{ ref('fct_promises') }}
    group by customer_id

),

next_promises as (

    select *
    from {{ ref('fct_promises') }}
    where promise_status = 'pending'
    qualify row_number() over (
        partition by customer_id order by due_date asc, promise_id asc
    ) = 1

),

agreement_counts as (

    select
        customer_id,
        count(*) as agreement_count,
        count(*) filter (where agreement_status = 'completed')
            as completed_agreement_count,
        count(*) filter (where agreement_status = 'broken') as broken_agreement_count,
        count(*) filter (where agreement_status in ('signed', 'activated'))
            as current_agreement_count
    from {{ ref('fct_agreements') }}
    group by customer_id

),

current_agreements as (

    select *
    from {{ ref('fct_agreements') }}
    where agreement_status in ('signed', 'activated')
    qualify row_number() over (
        partition by customer_id
        order by
            coalesce(activated_date, signed_date) desc nulls last, agreement_id desc
    ) = 1

),

committed_customers as (

    select customer_id from promise_counts
    union
    select customer_id from agreement_counts

)

select
    committed_customers.customer_id,

    -- history
    coalesce(promise_counts.promise_count, 0) as promise_count,
    coalesce(promise_counts.kept_promise_count, 0) as kept_promise_count,
    coalesce(promise_counts.missed_promise_count, 0) as missed_promise_count,
    coalesce(agreement_counts.agreement_count, 0) as agreement_count,
    coalesce(agreement_counts.completed_agreement_count, 0)
        as completed_agreement_count,
    coalesce(agreement_counts.broken_agreement_count, 0) as broken_agreement_count,

    -- current agreement: the newest, where there are several
    coalesce(agreement_counts.current_agreement_count, 0) as current_agreement_count,
    current_agreements.agreement_id,
    current_agreements.agreement_kind,
    current_agreements.agreement_status,
    current_agreements.activated_date as agreement_activated_date,
    current_agreements.agreed_amount,
    current_agreements.currency as agreement_currency,

    -- open promise: the next one due, where there are several
    coalesce(promise_counts.open_promise_count, 0) as open_promise_count,
    next_promises.promise_id,
    next_promises.due_date as promise_due_date,
    next_promises.amount as promised_amount,
    next_promises.currency as promise_currency
from committed_customers
left join promise_counts
    on committed_customers.customer_id = promise_counts.customer_id
left join agreement_counts
    on committed_customers.customer_id = agreement_counts.customer_id
left join current_agreements
    on committed_customers.customer_id = current_agreements.customer_id
left join next_promises
    on committed_customers.customer_id = next_promises.customer_id
