-- One row per customer and span of days (both ends included) on which the customer owes
-- something, written off or not.

with

clock as (

    select * from {{ ref('int_clock') }}

),

periods as (

    select * from {{ ref('fct_debt_periods') }}
    where outstanding_amount > 0

),

begun_and_ended as (

    select
        customer_id,
        valid_from_date as calendar_date,
        1 as debt_change
    from periods

    union all

    select
        customer_id,
        {{ add_days('valid_to_date', 1) }} as calendar_date,
        -1 as debt_change
    from periods

),

-- a debt that goes on in another state neither begins nor ends
changes as (

    select
        customer_id,
        calendar_date,
        sum(debt_change) as debt_change
    from begun_and_ended
    group by customer_id, calendar_date
    having sum(debt_change) != 0

),

counted as (

    select
        *,
        sum(debt_change) over (
            partition by customer_id order by calendar_date
            rows between unbounded preceding and current row
        ) as debt_count
    from changes

),

turns as (

    select
        customer_id,
        calendar_date,
        debt_count
    from counted
    where debt_count = 0 or debt_count = debt_change

),

spans as (

    select
        customer_id,
        debt_count,
        calendar_date as valid_from_date,
        coalesce(
            {{ add_days(
                'lead(calendar_date) over (
                    partition by customer_id order by calendar_date
                )',
                -1
            ) }},
            (select as_of from clock)
        ) as valid_to_date
    from turns

)

select
    customer_id,
    valid_from_date,
    valid_to_date
from spans
where debt_count > 0
