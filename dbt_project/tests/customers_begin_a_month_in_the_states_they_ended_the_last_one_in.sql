-- The customers, and what they owed, who ended a month in a state are those who begin
-- the next one in it. Together they owe what their debts do.

with

month_ends as (

    select
        month_start_date,
        month_end_date,
        to_state as customer_state,
        sum(customers) as customers,
        sum(closing_amount) as amount,
        count(*) = count(closing_amount) as is_converted
    from {{ ref('customer_progress') }}
    group by month_start_date, month_end_date, to_state

),

month_starts as (

    select
        {{ previous_period_start('month', 'month_start_date') }} as month_start_date,
        from_state as customer_state,
        sum(customers) as customers,
        sum(opening_amount) as amount
    from {{ ref('customer_progress') }}
    where from_state != 'new'
    group by month_start_date, from_state

),

-- the last month leads to none yet

newest_month as (

    select max(month_start_date) as month_start_date from month_ends

),

handed_over as (

    select
        coalesce(month_ends.month_start_date, month_starts.month_start_date)
            as month_start_date,
        coalesce(month_ends.customer_state, month_starts.customer_state)
            as customer_state,
        coalesce(month_ends.customers, 0) - coalesce(month_starts.customers, 0)
            as customers_difference,
        case
            when coalesce(month_ends.is_converted, true)
                then
                    coalesce(month_ends.amount, 0) - coalesce(month_starts.amount, 0)
            else 0
        end as amount_difference
    from month_ends
    full join month_starts
        on
            month_ends.month_start_date = month_starts.month_start_date
            and month_ends.customer_state = month_starts.customer_state
    where
        coalesce(month_ends.month_start_date, month_starts.month_start_date)
        != (select month_start_date from newest_month)

),

owed as (

    select
        month_ends.month_end_date,
        month_ends.is_converted,
        cast(sum(periods.outstanding_amount * rates.rate) as decimal(18, 2)) as amount
    from (
        select
            month_end_date,
            min(case when is_converted then 1 else 0 end) = 1 as is_converted
        from month_ends
        group by month_end_date
    ) as month_ends
    inner join {{ ref('fct_debt_periods') }} as periods
        on
            month_ends.month_end_date >= periods.valid_from_date
            and month_ends.month_end_date <= periods.valid_to_date
    inner join {{ ref('int_fx_rates') }} as rates
        on
            periods.currency = rates.currency
            and month_ends.month_end_date = rates.rate_date
    group by month_ends.month_end_date, month_ends.is_converted

),

totals as (

    select
        month_end_date,
        sum(customers) as customers,
        sum(amount) as amount
    from month_ends
    group by month_end_date

)

select
    month_start_date as calendar_date,
    customer_state,
    customers_difference,
    amount_difference
from handed_over
where customers_difference != 0 or amount_difference != 0

union all

select
    owed.month_end_date as calendar_date,
    'all' as customer_state,
    0 as customers_difference,
    totals.amount - owed.amount as amount_difference
from owed
inner join totals on owed.month_end_date = totals.month_end_date
-- each customer's amount is rounded to the cent by itself
where
    owed.is_converted
    and abs(totals.amount - owed.amount) > 0.005 * totals.customers
