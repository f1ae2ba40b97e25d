{#- The CTE `chains`, to follow `customers` in a recursive with, and what it comes to: the
    golden customer an id stands for after all merges. Where customers are told of several
    days or other keys, each by itself. -#}
{% macro merge_chains(keys=[]) -%}
chains as (

    select
        {% for key in keys %}{{ key }}, {% endfor -%}
        customer_id,
        customer_id as reached_customer_id,
        merged_into_customer_id as next_customer_id,
        0 as step
    from customers

    union all

    select
        {% for key in keys %}chains.{{ key }}, {% endfor -%}
        chains.customer_id,
        chains.next_customer_id as reached_customer_id,
        customers.merged_into_customer_id as next_customer_id,
        chains.step + 1 as step
    from chains
    left join customers
        on {{ same('chains', 'customers', keys) }}{{ ' and ' if keys }}
        chains.next_customer_id = customers.customer_id
    where
        chains.next_customer_id is not null
        and chains.step < {{ var('longest_merge_chain') }}

)

-- a chain that never ends is a circle: its smallest id stands for all of it
select
    {% for key in keys %}{{ key }}, {% endfor -%}
    customer_id,
    case
        when max(step) < {{ var('longest_merge_chain') }}
            then max_by(reached_customer_id, step)
        else min(reached_customer_id) filter (
            where step > {{ var('longest_merge_chain') }} / 2
        )
    end as golden_customer_id
from chains
group by {% for key in keys %}{{ key }}, {% endfor %}customer_id
{%- endmacro %}
