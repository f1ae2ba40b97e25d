-- One row per decision day and customer who owed something on it, as known on the day:
-- overdue, and so scored by the model propensity_to_pay, or not, and by early_warning.

with

debts as (

    select
        debts.*,
        contracts.originated_date,
        contracts.is_agreed,
        contracts.is_disputed
    from {{ ref('int_score_debts') }} as debts
    inner join {{ ref('int_score_contracts') }} as contracts
        on
            debts.decision_date = contracts.decision_date
            and debts.contract_id = contracts.contract_id

)

select
    decision_date,
    case when sum(overdue_amount) > 0 then 'propensity_to_pay' else 'early_warning' end
        as score_model,
    customer_id,
    coalesce(
        max({{ days_between('oldest_unpaid_due_date', 'decision_date') }}), 0
    ) as days_past_due,
    -- in usual instalments, which asks no currency
    coalesce(
        sum(cast({{ ratio('overdue_amount', 'usual_amount') }} as decimal(18, 6))), 0
    ) as instalments_behind,
    count(*) filter (where overdue_amount > 0) as debts_overdue,
    count(*) filter (where overdue_amount = 0 and owed_amount > 0) as debts_in_order,
    sum(due_soon_count) as instalments_due_soon,
    -- the mean of the debts; where nothing had fallen due, nothing is unpaid
    coalesce(
        cast(
            sum(
                cast(
                    least(
                        {{ ratio(
                            'covered_amount',
                            'case when fallen_due_amount > 0 then fallen_due_amount end'
                        ) }},
                        1
                    ) as decimal(18, 6)
                )
            ) filter (where fallen_due_amount > 0) as double
        ) / nullif(count(*) filter (where fallen_due_amount > 0), 0),
        1
    ) as paid_share,
    max({{ days_between('originated_date', 'decision_date') }}) as days_as_customer,
    count(*) filter (where is_agreed) as agreements_running,
    count(*) filter (where is_disputed) as debts_disputed
from debts
group by decision_date, customer_id
having sum(owed_amount) > 0
