-- One row per debt and day on which its overdue balance moved, on booked cash: what
-- newly became overdue, what cash took off it (negative where a reversal put it back),
-- and what left it otherwise (a credit, an agreement, a write-off, a sale). Opening
-- balance plus newly overdue minus cash minus otherwise is the closing balance.

with

debt_days as (

    select
        *,
        case when is_in_balance then overdue_amount else 0 end as closing_amount,
        is_in_balance and debt_status in ('open', 'settled') as is_collectable
    from {{ ref('fct_debt_periods') }}

),

cash as (

    select
        contract_id,
        booked_date,
        sum(debt_amount) as amount
    from {{ ref('fct_allocations') }}
    where contract_id is not null
    group by contract_id, booked_date

),

-- an agreement says what was overdue before the cash that completes it

completed as (

    select
        contract_id,
        completed_date,
        max(agreement_id) as agreement_id
    from {{ ref('int_agreement_shares') }}
    where completed_date is not null
    group by contract_id, completed_date

),

balances as (

    select
        debt_days.*,
        coalesce(
            lag(debt_days.closing_amount) over (
                partition by debt_days.contract_id order by debt_days.valid_from_date
            ),
            0
        ) as opening_amount,
        case
            when debt_days.is_collectable
                then coalesce(
                    states.overdue_before_cash_amount, debt_days.closing_amount
                )
            else debt_days.closing_amount
        end as before_cash_amount,
        coalesce(cash.amount, 0) as booked_amount
    from debt_days
    left join completed
        on
            debt_days.contract_id = completed.contract_id
            and debt_days.valid_from_date = completed.completed_date
    left join {{ ref('int_debt_states') }} as states
        on
            debt_days.contract_id = states.contract_id
            and debt_days.valid_from_date = states.calendar_date
            and states.schedule_id = coalesce(
                completed.agreement_id, debt_days.agreement_id, 'contractual'
            )
    left join cash
        on
            debt_days.contract_id = cash.contract_id
            and debt_days.valid_from_date = cash.booked_date

),

movements as (

    select
        *,
        greatest(before_cash_amount - opening_amount, 0) as newly_overdue_amount,
        -- no more than came in that day: the rest went, or came back, otherwise
        least(
            greatest(before_cash_amount - closing_amount, least(booked_amount, 0)),
            greatest(booked_amount, 0)
        ) as cash_amount
    from balances

)

select
    contract_id,
    customer_id,
    valid_from_date as calendar_date,
    opening_amount,
    newly_overdue_amount,
    cash_amount,
    opening_amount + newly_overdue_amount - cash_amount - closing_amount
        as otherwise_amount,
    closing_amount,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    age_band
from movements
where newly_overdue_amount != 0 or cash_amount != 0 or opening_amount != closing_amount
