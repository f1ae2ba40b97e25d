-- One row per decision day, score model and customer at risk on the day: what was known
-- of the customer on the day, and only that (the columns from days_past_due on), and,
-- once its horizon is over, what became of it by all that is known now (outcome).

with

at_risk as (

    select
        *,
        -- on the ends of the three months before, as was known on each
        coalesce(
            sum(case when score_model = 'propensity_to_pay' then 1 else 0 end) over (
                partition by customer_id order by decision_date
                range between interval 100 day preceding and interval 1 day preceding
            ),
            0
        ) as month_ends_overdue
    from {{ ref('int_score_customers_at_risk') }}

),

payments as (

    select
        decision_date,
        customer_id,
        {{ days_between('max(paid_date)', 'decision_date') }} as days_since_payment,
        count(distinct payment_id) as payments_made
    from {{ ref('int_score_payments') }}
    where
        paid_date > {{ add_days('decision_date', -var('score_lookback_days')) }}
    group by decision_date, customer_id

),

broken_agreements as (

    select
        agreements.decision_date,
        contracts.customer_id,
        count(distinct agreements.agreement_id) as agreements_broken
    from {{ ref('int_score_agreements') }} as agreements
    inner join {{ ref('int_score_contracts') }} as contracts
        on
            agreements.decision_date = contracts.decision_date
            and agreements.contract_id = contracts.contract_id
    where agreements.is_broken
    group by agreements.decision_date, contracts.customer_id

)

select
    at_risk.decision_date,
    at_risk.score_model,
    at_risk.customer_id,
    outcomes.matures_on,
    outcomes.outcome,

    -- the debts
    at_risk.days_past_due,
    at_risk.instalments_behind,
    at_risk.debts_overdue,
    at_risk.debts_in_order,
    at_risk.debts_disputed,
    at_risk.instalments_due_soon,
    coalesce(at_risk.days_as_customer, 0) as days_as_customer,

    -- how they were paid
    at_risk.paid_share,
    coalesce(
        {{ ratio('punctuality.late_count', 'punctuality.instalment_count') }}, 0
    ) as late_share,
    at_risk.month_ends_overdue,
    coalesce(payments.payments_made, 0) as payments_made,
    coalesce(payments.days_since_payment, {{ var('score_lookback_days') }})
        as days_since_payment,

    -- what was agreed
    at_risk.agreements_running,
    coalesce(broken_agreements.agreements_broken, 0) as agreements_broken,
    coalesce(promises.open_count, 0) as promises_open,
    coalesce(promises.kept_count, 0) as promises_kept,
    coalesce(promises.broken_count, 0) as promises_broken,

    -- what was said
    coalesce(contacts.attempt_count, 0) as contacts_attempted,
    coalesce(contacts.reached_count, 0) as contacts_reached,
    coalesce(contacts.inbound_count, 0) as contacts_inbound,
    coalesce(visits.visit_count, 0) as portal_visits,
    coalesce(visits.failed_count, 0) as portal_failures
from at_risk
inner join {{ ref('int_score_days') }} as score_days
    on at_risk.decision_date = score_days.decision_date
inner join {{ ref('int_score_outcomes') }} as outcomes
    on
        at_risk.decision_date = outcomes.decision_date
        and at_risk.customer_id = outcomes.customer_id
left join payments
    on
        at_risk.decision_date = payments.decision_date
        and at_risk.customer_id = payments.customer_id
left join {{ ref('int_score_punctuality') }} as punctuality
    on
        at_risk.decision_date = punctuality.decision_date
        and at_risk.customer_id = punctuality.customer_id
left join broken_agreements
    on
        at_risk.decision_date = broken_agreements.decision_date
        and at_risk.customer_id = broken_agreements.customer_id
left join {{ ref('int_score_promises') }} as promises
    on
        at_risk.decision_date = promises.decision_date
        and at_risk.customer_id = promises.customer_id
left join {{ ref('int_score_contacts') }} as contacts
    on
        at_risk.decision_date = contacts.decision_date
        and at_risk.customer_id = contacts.customer_id
left join {{ ref('int_score_visits') }} as visits
    on
        at_risk.decision_date = visits.decision_date
        and at_risk.customer_id = visits.customer_id
where score_days.is_scored
