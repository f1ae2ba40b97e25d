-- One row per customer with something known to fall due within the horizon of an early
-- warning from as_of on, that nothing was paid ahead for: how much, and when first. The
-- amount is in the currency of int_customer_debts, NULL where one of them has no rate.

with

clock as (

    select * from {{ ref('int_clock') }}

),

debts as (

    select
        contract_id,
        customer_id,
        currency,
        coalesce(agreement_id, 'contractual') as schedule_id
    from {{ ref('fct_debt_periods') }}
    where
        valid_to_date = (select as_of from clock)
        and is_in_balance
        and outstanding_amount > 0

),

paid as (

    select
        contract_id,
        schedule_id,
        max_by(paid_amount, calendar_date) as paid_amount
    from {{ ref('int_debt_totals') }}
    group by contract_id, schedule_id

),

obligations as (

    select *
    from {{ ref('int_obligations_scheduled') }}
    qualify version_from_date = max(version_from_date) over (
        partition by contract_id, schedule_id
    )

),

-- late within the horizon is what fell due the day before, at the latest

ahead as (

    select
        debts.customer_id,
        debts.currency,
        obligations.due_date,
        least(obligations.amount, obligations.cumulative_amount - paid.paid_amount)
            as amount
    from debts
    inner join paid
        on
            debts.contract_id = paid.contract_id
            and debts.schedule_id = paid.schedule_id
    inner join obligations
        on
            debts.contract_id = obligations.contract_id
            and debts.schedule_id = obligations.schedule_id
    where
        obligations.due_date >= (select as_of from clock)
        and obligations.due_date
        < {{ add_days('(select as_of from clock)', var('early_warning_horizon_days')) }}
        and obligations.cumulative_amount > paid.paid_amount

),

rates as (

    select * from {{ ref('int_fx_rates') }}
    where rate_date = (select as_of from clock)

),

converted as (

    select
        ahead.customer_id,
        ahead.due_date,
        customer_debts.currency,
        ahead.amount * case
            when ahead.currency = customer_debts.currency then 1
            else rates.rate
        end as amount
    from ahead
    inner join {{ ref('int_customer_debts') }} as customer_debts
        on ahead.customer_id = customer_debts.customer_id
    left join rates on ahead.currency = rates.currency

)

select
    customer_id,
    currency,
    min(due_date) as next_due_date,
    count(*) as falls_due_count,
    case
        when count(*) = count(amount) then cast(sum(amount) as decimal(18, 2))
    end as falls_due_amount
from converted
group by customer_id, currency
