-- One row per decision day and customer who had visited the payment portal in the days
-- before it that are looked back on, as known on the day.

with

days as (

    select * from {{ ref('int_score_days') }}

),

versions as (

    {{ delivered_versions('payment', 'portal_sessions') }}

),

visits as (

    select
        customer_id,
        {{ business_date('started_at') }} as started_date,
        {{ business_date('succeeded_at') }} as succeeded_date,
        {{ business_date('submitted_at') }} as submitted_date,
        known_from_date,
        known_to_date
    from versions
    where customer_id is not null

),

looked_back_on as (

    select
        days.decision_date,
        visits.customer_id,
        coalesce(
            visits.submitted_date <= days.decision_date
            and coalesce(visits.succeeded_date > days.decision_date, true),
            false
        ) as has_failed
    from visits
    inner join days
        on
            {{ is_version_of('visits') }}
            and visits.started_date <= days.decision_date
            and visits.started_date
            > {{ add_days('days.decision_date', -var('score_lookback_days')) }}

)

select
    looked_back_on.decision_date,
    coalesce(customers.golden_customer_id, looked_back_on.customer_id) as customer_id,
    count(*) as visit_count,
    count(*) filter (where looked_back_on.has_failed) as failed_count
from looked_back_on
left join {{ ref('int_score_customers') }} as customers
    on
        looked_back_on.decision_date = customers.decision_date
        and looked_back_on.customer_id = customers.customer_id
group by
    looked_back_on.decision_date,
    coalesce(customers.golden_customer_id, looked_back_on.customer_id)
