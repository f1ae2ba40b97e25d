-- One row per month end (and as_of), portfolio, product, creditor brand, currency and
-- ageing bucket: the balances of the debts in that bucket on that day.

with


balance_days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

periods as (

    select * from {{ ref('fct_debt_periods') }}
    where is_in_balance and outstanding_amount > 0

)

select
    balance_days.calendar_date,
    periods.portfolio,
    periods.product,
    periods.creditor_brand,
    periods.currency,
    periods.ageing_bucket,
    buckets.bucket_number,
    count(*) as debt_count,
    count(distinct periods.customer_id) as customer_count,
    sum(periods.outstanding_amount) as outstanding_amount,
    sum(periods.overdue_amount) as overdue_amount
from balance_days
inner join periods
    on
        balance_days.calendar_date >= periods.valid_from_date
        and balance_days.calendar_date <= periods.valid_to_date
inner join {{ ref('dim_ageing_buckets') }} as buckets
    on periods.ageing_bucket = buckets.ageing_bucket
group by all
