-- One row per decision day and contract that had asked for something by then, as known
-- on the day: a simple ledger of what it asks, by its own schedule, less what was paid.

with

days as (

    select * from {{ ref('int_score_days') }}

),

adjustment_versions as (

    {{ delivered_versions('billing', 'adjustments') }}

),

adjustments as (

    select
        contract_id,
        lower(kind) as adjustment_kind,
        {{ read_as('adjusted_date', 'date') }} as adjusted_date,
        {{ read_as('amount', 'decimal(18, 2)') }} as amount,
        known_from_date,
        known_to_date
    from adjustment_versions

),

credits as (

    select
        days.decision_date,
        adjustments.contract_id,
        sum(adjustments.amount) as credit_amount
    from adjustments
    inner join days on {{ is_version_of('adjustments') }}
    where
        adjustments.adjustment_kind in ('waiver', 'discount', 'credit_note')
        and adjustments.adjusted_date <= days.decision_date
    group by days.decision_date, adjustments.contract_id

),

cash as (

    select
        decision_date,
        contract_id,
        sum(amount) as paid_amount
    from {{ ref('int_score_payments') }}
    group by decision_date, contract_id

),

covered as (

    select
        obligations.*,
        obligations.is_instalment
        and obligations.due_date >= obligations.decision_date
        and obligations.due_date
        <= {{ add_days('obligations.decision_date', var('score_horizon_days')) }}
            as is_due_soon,
        coalesce(cash.paid_amount, 0) + coalesce(credits.credit_amount, 0)
            as covered_amount,
        sum(obligations.amount) over (
            partition by obligations.decision_date, obligations.contract_id
            order by obligations.due_date, obligations.obligation_id
            rows between unbounded preceding and current row
        ) as cumulative_amount
    from {{ ref('int_score_obligations') }} as obligations
    left join cash
        on
            obligations.decision_date = cash.decision_date
            and obligations.contract_id = cash.contract_id
    left join credits
        on
            obligations.decision_date = credits.decision_date
            and obligations.contract_id = credits.contract_id

)

select
    decision_date,
    contract_id,
    customer_id,
    covered_amount,
    greatest(sum(amount) - covered_amount, 0) as owed_amount,
    coalesce(sum(amount) filter (where due_date < decision_date), 0)
        as fallen_due_amount,
    greatest(
        coalesce(sum(amount) filter (where due_date < decision_date), 0)
        - covered_amount,
        0
    ) as overdue_amount,
    min(due_date) filter (
        where due_date < decision_date and cumulative_amount > covered_amount
    ) as oldest_unpaid_due_date,
    count(*) filter (where is_due_soon and cumulative_amount > covered_amount)
        as due_soon_count,
    {{ ratio(
        'sum(amount) filter (where is_instalment)',
        'count(*) filter (where is_instalment)'
    ) }} as usual_amount
from covered
group by decision_date, contract_id, customer_id, covered_amount
