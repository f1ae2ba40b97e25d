-- Over all buckets, ageing shows the number and the balances of the debts on its days.

with

balance_days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

sides as (

    select
        calendar_date,
        debt_count,
        outstanding_amount,
        overdue_amount
    from {{ ref('fct_ageing_balances') }}

    union all

    select
        balance_days.calendar_date,
        -1 as debt_count,
        -periods.outstanding_amount as outstanding_amount,
        -periods.overdue_amount as overdue_amount
    from {{ ref('fct_debt_periods') }} as periods
    inner join balance_days
        on
            periods.valid_from_date <= balance_days.calendar_date
            and periods.valid_to_date >= balance_days.calendar_date
    where periods.is_in_balance and periods.outstanding_amount > 0

)

select
    calendar_date,
    sum(debt_count) as debt_count,
    sum(outstanding_amount) as outstanding_amount,
    sum(overdue_amount) as overdue_amount
from sides
group by calendar_date
having
    sum(debt_count) != 0
    or sum(outstanding_amount) != 0
    or sum(overdue_amount) != 0
