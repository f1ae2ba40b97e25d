-- What the row of a customer's case says of debts, payments, promises, agreements,
-- contacts and complaints is what the core says of them, counted straight from there.
-- Amounts are compared where they are in one currency: then nothing was converted.

with

clock as (

    select * from {{ ref('int_clock') }}

),

said as (

    select
        customer_id,
        'debts' as what,
        debt_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'open debts' as what,
        open_debt_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'days past due' as what,
        days_past_due as amount
    from {{ ref('customer_case') }}
    where debt_count > 0
    union all
    select
        customer_id,
        currency || ' outstanding' as what,
        outstanding_amount as amount
    from {{ ref('customer_case') }}
    where owed_by_currency not like '%,%'
    union all
    select
        customer_id,
        currency || ' overdue' as what,
        overdue_amount as amount
    from {{ ref('customer_case') }}
    where owed_by_currency not like '%,%'
    union all
    select
        customer_id,
        'episodes' as what,
        episode_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'payments' as what,
        payment_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'promises' as what,
        promise_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'open promises' as what,
        open_promise_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'current agreements' as what,
        current_agreement_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'complaints' as what,
        complaint_count as amount
    from {{ ref('customer_case') }}
    union all
    select
        customer_id,
        'days since the last attempt' as what,
        {{ days_between('cast(last_attempt_at as date)', '(select as_of from clock)') }}
            as amount
    from {{ ref('customer_case') }}
    where last_attempt_at is not null

),

debts as (

    select * from {{ ref('fct_debt_periods') }}
    where
        valid_from_date <= (select as_of from clock)
        and valid_to_date >= (select as_of from clock)

),

one_currency as (

    select
        customer_id,
        min(currency) as currency
    from debts
    where outstanding_amount > 0
    group by customer_id
    having count(distinct currency) = 1

),

counted as (

    select
        customer_id,
        'debts' as what,
        count(*) as amount
    from debts
    group by customer_id
    union all
    select
        customer_id,
        'open debts' as what,
        count(*) as amount
    from debts
    where is_in_balance and outstanding_amount > 0
    group by customer_id
    union all
    select
        customer_id,
        'days past due' as what,
        max(
            {{ days_between('oldest_unpaid_due_date', '(select as_of from clock)') }}
        ) as amount
    from debts
    where is_in_balance and overdue_amount > 0
    group by customer_id
    union all
    select
        debts.customer_id,
        one_currency.currency || ' outstanding' as what,
        sum(debts.outstanding_amount) as amount
    from debts
    inner join one_currency on debts.customer_id = one_currency.customer_id
    where debts.is_in_balance
    group by debts.customer_id, one_currency.currency
    union all
    select
        debts.customer_id,
        one_currency.currency || ' overdue' as what,
        sum(debts.overdue_amount) as amount
    from debts
    inner join one_currency on debts.customer_id = one_currency.customer_id
    where debts.is_in_balance
    group by debts.customer_id, one_currency.currency
    union all
    select
        customer_id,
        'episodes' as what,
        count(*) as amount
    from {{ ref('fct_collection_episodes') }}
    group by customer_id
    union all
    select
        customer_id,
        'payments' as what,
        count(distinct cash_id) as amount
    from {{ ref('fct_allocations') }}
    where restated_amount > 0 and is_ours
    group by customer_id
    union all
    select
        customer_id,
        'promises' as what,
        count(*) as amount
    from {{ ref('fct_promises') }}
    group by customer_id
    union all
    select
        customer_id,
        'open promises' as what,
        count(*) as amount
    from {{ ref('fct_promises') }}
    where promise_status = 'pending'
    group by customer_id
    union all
    select
        customer_id,
        'current agreements' as what,
        count(*) as amount
    from {{ ref('fct_agreements') }}
    where agreement_status in ('signed', 'activated')
    group by customer_id
    union all
    select
        customer_id,
        'complaints' as what,
        count(*) as amount
    from {{ ref('fct_complaints') }}
    group by customer_id
    union all
    select
        customer_id,
        'days since the last attempt' as what,
        min(
            {{ days_between('cast(started_at as date)', '(select as_of from clock)') }}
        ) as amount
    from {{ ref('fct_contacts') }}
    where direction = 'outbound'
    group by customer_id

)

select
    coalesce(said.customer_id, counted.customer_id) as customer_id,
    coalesce(said.what, counted.what) as what,
    said.amount as said_amount,
    counted.amount as counted_amount
from said
full outer join counted
    on said.customer_id = counted.customer_id and said.what = counted.what
where
    coalesce(said.amount, 0) != coalesce(counted.amount, 0)
    -- who has no contract has no case
    and coalesce(said.customer_id, counted.customer_id) in (
        select customer_id from {{ ref('customer_case') }}
    )
