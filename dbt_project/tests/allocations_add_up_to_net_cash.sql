-- What goes to debts and what is left unapplied is the cash that moved, movement by
-- movement, booked and restated.

with

sides as (

    select
        cash_id,
        amount,
        restated_amount
    from {{ ref('fct_cash') }}

    union all

    select
        cash_id,
        -amount as amount,
        -restated_amount as restated_amount
    from {{ ref('fct_allocations') }}

)

select
    cash_id,
    sum(amount) as unallocated_amount,
    sum(restated_amount) as unallocated_restated_amount
from sides
group by cash_id
having sum(amount) != 0 or sum(restated_amount) != 0
