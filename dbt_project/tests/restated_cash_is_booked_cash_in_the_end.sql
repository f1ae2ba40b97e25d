-- A payment and all that undid it come to the same amount booked and restated.

select
    cleared_cash_id,
    sum(amount) as booked_amount,
    sum(restated_amount) as restated_amount
from {{ ref('fct_cash') }}
group by cleared_cash_id
having sum(amount) != sum(restated_amount)
