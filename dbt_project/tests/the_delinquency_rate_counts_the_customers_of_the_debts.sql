-- The sides of the KPI in a month are the distinct customers with an overdue debt and
-- with a balance on its last day.

with

balance_days as (

    select
        month_start_date as period_start,
        max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

sides as (

    select
        balance_days.period_start,
        count(
            distinct case when periods.overdue_amount > 0 then periods.customer_id end
        ) as overdue_count,
        count(distinct periods.customer_id) as customer_count
    from {{ ref('fct_debt_periods') }} as periods
    inner join balance_days
        on
            periods.valid_from_date <= balance_days.calendar_date
            and periods.valid_to_date >= balance_days.calendar_date
    where periods.is_in_balance and periods.outstanding_amount > 0
    group by balance_days.period_start

    union all

    select
        period_start,
        -numerator as overdue_count,
        -denominator as customer_count
    from {{ ref('kpi_values') }}
    where kpi_id = 'delinquency_rate' and period_grain = 'month' and dimension = 'all'

)

select
    period_start,
    sum(overdue_count) as overdue_count,
    sum(customer_count) as customer_count
from sides
group by period_start
having
    (sum(overdue_count) != 0 or sum(customer_count) != 0)
    and exists (
        select 1 from {{ ref('kpi_catalog') }}
        where kpi_id = 'delinquency_rate' and is_available
    )
