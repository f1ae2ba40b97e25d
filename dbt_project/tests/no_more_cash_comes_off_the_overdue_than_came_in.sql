-- On any day, the cash that lowered (or, reversed, raised) the overdue balance of a
-- debt is part of the cash that went to the debt.

with

cash as (

    select
        contract_id,
        booked_date,
        sum(debt_amount) as amount
    from {{ ref('fct_allocations') }}
    where contract_id is not null
    group by contract_id, booked_date

)

select
    movements.contract_id,
    movements.calendar_date,
    movements.cash_amount,
    cash.amount as allocated_amount
from {{ ref('fct_overdue_movements') }} as movements
left join cash
    on
        movements.contract_id = cash.contract_id
        and movements.calendar_date = cash.booked_date
where
    movements.cash_amount > greatest(coalesce(cash.amount, 0), 0)
    or movements.cash_amount < least(coalesce(cash.amount, 0), 0)
