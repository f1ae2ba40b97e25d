-- A customer's stays in collection have the debts and the exposure of the stays of the
-- customer's debts.

with

sides as (

    select
        customer_id,
        debt_count,
        exposure_amount
    from {{ ref('fct_customer_episodes') }}

    union all

    select
        customer_id,
        -1 as debt_count,
        -exposure_amount as exposure_amount
    from {{ ref('fct_collection_episodes') }}

)

select
    customer_id,
    sum(debt_count) as debt_count,
    sum(exposure_amount) as exposure_amount
from sides
group by customer_id
having sum(debt_count) != 0 or sum(exposure_amount) != 0
