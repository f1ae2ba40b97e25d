-- A debt's overdue balance opens where it last closed, nothing at first, and closes at
-- what it opened with, plus what newly fell overdue, less what cash and all else took
-- off.

with

movements as (

    select
        *,
        coalesce(
            lag(closing_amount) over (
                partition by contract_id order by calendar_date
            ),
            0
        ) as closed_before_amount
    from {{ ref('fct_overdue_movements') }}

)

select
    contract_id,
    calendar_date,
    closed_before_amount,
    opening_amount,
    newly_overdue_amount,
    cash_amount,
    otherwise_amount,
    closing_amount
from movements
where
    opening_amount != closed_before_amount
    or closing_amount
    != opening_amount + newly_overdue_amount - cash_amount - otherwise_amount
    or newly_overdue_amount < 0
