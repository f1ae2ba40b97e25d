-- A customer's stays in collection have the debts and the exposure of the stays of the
-- customer's debts, in the reporting currency, where there is a rate for all of them.

with

sides as (

    select
        customer_id,
        debt_count,
        exposure_amount
    from {{ ref('fct_customer_episodes') }}

    union all

    select
        episodes.customer_id,
        -1 as debt_count,
        -cast(
            episodes.exposure_amount * {{ rate_of('episodes.currency', 'rates') }}
            as decimal(18, 2)
        ) as exposure_amount
    from {{ ref('fct_collection_episodes') }} as episodes
    left join {{ ref('int_fx_rates') }} as rates
        on
            episodes.currency = rates.currency
            and episodes.entry_date = rates.rate_date

)

select
    customer_id,
    sum(debt_count) as debt_count,
    sum(exposure_amount) as exposure_amount
from sides
group by customer_id
having
    sum(debt_count) != 0
    or (count(*) = count(exposure_amount) and sum(exposure_amount) != 0)
