-- On the last day of every month the shares of the reasons add up to the debts of which
-- a reason is known, and all debts together are the debts overdue.

with

balance_days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

sides as (

    select
        balance_days.calendar_date,
        sum(mix.numerator) as reason_count,
        cast(0 as bigint) as overdue_count
    from {{ ref('kpi_debt_reason_mix') }} as mix
    inner join balance_days
        on
            mix.kpi_date <= balance_days.calendar_date
            and mix.ends_on >= balance_days.calendar_date
    group by balance_days.calendar_date

    union all

    select
        balance_days.calendar_date,
        -sum(coverage.numerator) as reason_count,
        sum(coverage.denominator) as overdue_count
    from {{ ref('kpi_debt_reason_coverage') }} as coverage
    inner join balance_days
        on
            coverage.kpi_date <= balance_days.calendar_date
            and coverage.ends_on >= balance_days.calendar_date
    group by balance_days.calendar_date

    union all

    select
        balance_days.calendar_date,
        0 as reason_count,
        -count(*) as overdue_count
    from {{ ref('fct_debt_periods') }} as periods
    inner join balance_days
        on
            periods.valid_from_date <= balance_days.calendar_date
            and periods.valid_to_date >= balance_days.calendar_date
    where periods.is_in_balance and periods.overdue_amount > 0
    group by balance_days.calendar_date

)

select
    calendar_date,
    sum(reason_count) as reason_count,
    sum(overdue_count) as overdue_count
from sides
group by calendar_date
having sum(reason_count) != 0 or sum(overdue_count) != 0
