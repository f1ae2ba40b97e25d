-- One row per decision day and customer id that was merged into another by then, as
-- known on the day: the golden customer it stood for.

with recursive

days as (

    select * from {{ ref('int_score_days') }}

),

versions as (

    {{ delivered_versions('billing', 'customers') }}

),

customers as (

    select
        days.decision_date,
        versions.customer_id,
        versions.merged_into_customer_id
    from versions
    inner join days on {{ is_version_of('versions') }}
    where versions.merged_into_customer_id is not null

),

chains as (

    select
        decision_date,
        customer_id,
        customer_id as reached_customer_id,
        merged_into_customer_id as next_customer_id,
        0 as step
    from customers

    union all

    select
        chains.decision_date,
        chains.customer_id,
        chains.next_customer_id as reached_customer_id,
        customers.merged_into_customer_id as next_customer_id,
        chains.step + 1 as step
    from chains
    left join customers
        on
            chains.decision_date = customers.decision_date
            and chains.next_customer_id = customers.customer_id
    where
        chains.next_customer_id is not null
        and chains.step < {{ var('longest_merge_chain') }}

)

-- a chain that never ends is a circle: its smallest id stands for all of it
select
    decision_date,
    customer_id,
    case
        when max(step) < {{ var('longest_merge_chain') }}
            then max_by(reached_customer_id, step)
        else min(reached_customer_id) filter (
            where step > {{ var('longest_merge_chain') }} / 2
        )
    end as golden_customer_id
from chains
group by decision_date, customer_id
