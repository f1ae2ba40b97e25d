-- One row per decision day and customer who had promised to pay in the days before it
-- that are looked back on, as known on the day. A promise is kept where what the
-- customer paid from the day it was made to its due day and grace comes to the promised
-- amount.

with

days as (

    select * from {{ ref('int_score_days') }}

),

versions as (

    {{ delivered_versions('contact', 'promises') }}

),

delivered as (

    select
        promise_id,
        customer_id,
        {{ read_as('amount', 'decimal(18, 2)') }} as amount,
        {{ business_date('made_at') }} as made_date,
        {{ business_date('cancelled_at') }} as cancelled_date,
        superseded_by_promise_id is not null as is_superseded,
        {{ add_days(read_as('due_date', 'date'), var('promise_grace_days')) }}
            as last_date,
        known_from_date,
        known_to_date
    from versions

),

promises as (

    select
        days.decision_date,
        delivered.promise_id,
        delivered.amount,
        delivered.made_date,
        delivered.last_date,
        coalesce(customers.golden_customer_id, delivered.customer_id) as customer_id
    from delivered
    inner join days
        on
            {{ is_version_of('delivered') }}
            and delivered.made_date <= days.decision_date
            and delivered.made_date
            > {{ add_days('days.decision_date', -var('score_lookback_days')) }}
    left join {{ ref('int_score_customers') }} as customers
        on
            days.decision_date = customers.decision_date
            and delivered.customer_id = customers.customer_id
    where
        not delivered.is_superseded
        and coalesce(delivered.cancelled_date > days.decision_date, true)

),

paid as (

    select
        promises.decision_date,
        promises.customer_id,
        promises.promise_id,
        promises.last_date,
        coalesce(sum(payments.amount), 0) * 100
        >= promises.amount * {{ var('promise_threshold_percent') }} as is_kept
    from promises
    left join {{ ref('int_score_payments') }} as payments
        on
            promises.decision_date = payments.decision_date
            and promises.customer_id = payments.customer_id
            and promises.made_date <= payments.paid_date
            and promises.last_date >= payments.paid_date
    group by
        promises.decision_date,
        promises.customer_id,
        promises.promise_id,
        promises.last_date,
        promises.amount

)

select
    decision_date,
    customer_id,
    count(*) filter (where is_kept) as kept_count,
    count(*) filter (where not is_kept and last_date < decision_date) as broken_count,
    count(*) filter (where not is_kept and last_date >= decision_date) as open_count
from paid
group by decision_date, customer_id
