-- One row per month, state of customers at the end of the month before and state at its
-- end (or on as_of): how many customers went from the one to the other, with what they
-- owed. Every customer is in every month from the first on, those who left too, so that
-- what a month ends with is what the next begins with.

with

month_ends as (

    select
        month_start_date,
        max(calendar_date) as month_end_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

states as (

    select * from {{ ref('int_customer_states') }}

),

balances as (

    select
        month_ends.month_end_date,
        periods.customer_id,
        cast(sum(periods.outstanding_amount * rates.rate) as decimal(18, 2))
            as outstanding_amount,
        count(*) = count(rates.rate) as is_converted
    from {{ ref('fct_debt_periods') }} as periods
    inner join month_ends
        on
            periods.valid_from_date <= month_ends.month_end_date
            and periods.valid_to_date >= month_ends.month_end_date
    left join {{ ref('int_fx_rates') }} as rates
        on
            periods.currency = rates.currency
            and month_ends.month_end_date = rates.rate_date
    where periods.outstanding_amount > 0
    group by month_ends.month_end_date, periods.customer_id

),

customer_months as (

    select
        month_ends.month_start_date,
        month_ends.month_end_date,
        states.customer_id,
        states.customer_state,
        states.state_rank,
        coalesce(balances.outstanding_amount, 0) as outstanding_amount,
        coalesce(balances.is_converted, true) as is_converted
    from states
    inner join month_ends
        on
            states.valid_from_date <= month_ends.month_end_date
            and states.valid_to_date >= month_ends.month_end_date
    left join balances
        on
            states.customer_id = balances.customer_id
            and month_ends.month_end_date = balances.month_end_date

),

steps as (

    select
        *,
        lag(customer_state) over so_far as from_state,
        lag(state_rank) over so_far as from_rank,
        coalesce(lag(outstanding_amount) over so_far, 0) as opening_amount,
        coalesce(lag(is_converted) over so_far, true) as is_opening_converted
    from customer_months
    window so_far as (partition by customer_id order by month_end_date)

)

select
    month_start_date,
    month_end_date,
    coalesce(from_state, 'new') as from_state,
    customer_state as to_state,
    case
        when state_rank < from_rank then 'improved'
        when state_rank > from_rank then 'worse'
        when state_rank = from_rank then 'same'
    end as progress,
    count(*) as customers,
    -- an amount without a rate cannot be added
    case
        when count(*) = sum(case when is_opening_converted then 1 else 0 end)
            then cast(sum(opening_amount) as decimal(18, 2))
    end as opening_amount,
    case
        when count(*) = sum(case when is_converted then 1 else 0 end)
            then cast(sum(outstanding_amount) as decimal(18, 2))
    end as closing_amount
from steps
group by
    month_start_date,
    month_end_date,
    from_state,
    customer_state,
    state_rank,
    from_rank
