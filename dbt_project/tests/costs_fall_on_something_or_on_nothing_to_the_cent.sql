-- Allocated or not, the rows of a cost come to what it was, in its currency.

with

sides as (

    select
        cost_id,
        currency,
        amount
    from {{ ref('stg_billing__costs') }}
    where cost_date <= (select as_of from {{ ref('int_clock') }})

    union all

    select
        cost_id,
        currency,
        -amount as amount
    from {{ ref('fct_costs') }}

)

select
    cost_id,
    currency,
    sum(amount) as missing_amount
from sides
group by cost_id, currency
having sum(amount) != 0 or count(*) = 1
