-- One row per decision day and customer of whom an instalment had fallen due in the
-- days before it that are looked back on, as known on the day: which share of them was
-- not covered by the end of its due day by what had been paid until then.

with

instalments as (

    select
        decision_date,
        contract_id,
        due_date,
        amount
    from {{ ref('int_score_obligations') }}
    where due_date < decision_date

),

payments as (

    select
        decision_date,
        contract_id,
        paid_date,
        amount
    from {{ ref('int_score_payments') }}

),

events as (

    select
        decision_date,
        contract_id,
        due_date as event_date,
        amount as asked_amount,
        0 as paid_amount,
        true as is_instalment
    from instalments

    union all

    select
        decision_date,
        contract_id,
        paid_date as event_date,
        0 as asked_amount,
        amount as paid_amount,
        false as is_instalment
    from payments

),

-- what is due and what is paid on one day count together
totals as (

    select
        decision_date,
        contract_id,
        event_date,
        is_instalment,
        sum(asked_amount) over so_far > sum(paid_amount) over so_far as is_behind
    from events
    window so_far as (
        partition by decision_date, contract_id order by event_date
        range between unbounded preceding and current row
    )

)

select
    totals.decision_date,
    contracts.customer_id,
    count(*) as instalment_count,
    count(*) filter (where totals.is_behind) as late_count
from totals
inner join {{ ref('int_score_contracts') }} as contracts
    on
        totals.decision_date = contracts.decision_date
        and totals.contract_id = contracts.contract_id
where
    totals.is_instalment
    and totals.event_date
    > {{ add_days('totals.decision_date', -var('score_lookback_days')) }}
group by totals.decision_date, contracts.customer_id
