-- One row per customer id: the golden customer it stands for after all merges.

with recursive

customers as (

    select
        customer_id,
        merged_into_customer_id
    from {{ ref('stg_billing__customers') }}

),

chains as (

    select
        customer_id,
        customer_id as reached_customer_id,
        merged_into_customer_id as next_customer_id,
        0 as step
    from customers

    union all

    select
        chains.customer_id,
        chains.next_customer_id as reached_customer_id,
        customers.merged_into_customer_id as next_customer_id,
        chains.step + 1 as step
    from chains
    left join customers on chains.next_customer_id = customers.customer_id
    where
        chains.next_customer_id is not null
        and chains.step < {{ var('longest_merge_chain') }}

)

-- a chain that never ends is a circle: its smallest id stands for all of it
select
    customer_id,
    case
        when max(step) < {{ var('longest_merge_chain') }}
            then max_by(reached_customer_id, step)
        else min(reached_customer_id) filter (
            where step > {{ var('longest_merge_chain') }} / 2
        )
    end as golden_customer_id
from chains
group by customer_id
