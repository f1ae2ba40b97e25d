-- Attributed to a contact or to none, it is the cash collected, day by day and currency
-- by currency.

with

sides as (

    select
        booked_date,
        currency,
        amount
    from {{ ref('int_cash_attributed') }}

    union all

    select
        kpi_date as booked_date,
        currency,
        -numerator as amount
    from {{ ref('kpi_cash_collected') }}

)

select
    booked_date,
    currency,
    sum(amount) as difference_amount
from sides
group by booked_date, currency
having sum(amount) != 0
