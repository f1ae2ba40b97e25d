-- All movements up to the last day of a month come to the overdue balance of that day.

with

balance_days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

moved as (

    select
        calendar_date,
        sum(closing_amount - opening_amount) as amount
    from {{ ref('fct_overdue_movements') }}
    group by calendar_date

),

sides as (

    select
        balance_days.calendar_date,
        moved.amount
    from balance_days
    inner join moved on balance_days.calendar_date >= moved.calendar_date

    union all

    select
        calendar_date,
        -overdue_amount as amount
    from {{ ref('fct_ageing_balances') }}

)

select
    calendar_date,
    sum(amount) as missing_amount
from sides
group by calendar_date
having sum(amount) != 0
