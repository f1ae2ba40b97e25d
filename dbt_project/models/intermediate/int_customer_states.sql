-- One row per golden customer and span of days in one state: that of the worst debt. A
-- debt sold or recalled stays so, and its customer with it: to sell a debt is no
-- progress of its debtor. The buckets of ageing stand between the first line of the
-- policy customer_states and the others.

{% set best = var('customer_states')[0] -%}
{% set worst = var('customer_states')[1:] -%}

with

clock as (

    select * from {{ ref('int_clock') }}

),

debts as (

    select
        contract_id,
        customer_id,
        valid_from_date,
        case
            when debt_status in ('sold', 'recalled') then debt_status
            when outstanding_amount <= 0 then 'settled'
            when debt_status = 'written_off' then 'written_off'
            when stage in ('deceased', 'bankruptcy') then stage
            else ageing_bucket
        end as debt_state
    from {{ ref('fct_debt_periods') }}

),

changes as (

    select *
    from debts
    qualify debt_state is distinct from lag(debt_state) over (
        partition by contract_id order by valid_from_date
    )

),

-- state_rank says which of two is worse, state_number tells equals apart

states as (

    select
        ageing_bucket as customer_state,
        bucket_number as state_rank,
        bucket_number as state_number
    from {{ ref('dim_ageing_buckets') }}
    {%- for state in best if state != 'not_due' %}
    union all
    select
        '{{ state }}' as customer_state,
        0 as state_rank,
        -{{ loop.index }} as state_number
    {%- endfor %}
    {%- for line in worst %}
    {%- set rank = 100 * loop.index %}
    {%- for state in line %}
    union all
    select
        '{{ state }}' as customer_state,
        {{ rank }} as state_rank,
        {{ rank + loop.index }} as state_number
    {%- endfor %}
    {%- endfor %}

),

debt_spans as (

    select
        changes.customer_id,
        changes.valid_from_date,
        coalesce(
            {{ add_days(
                'lead(changes.valid_from_date) over (
                    partition by changes.contract_id order by changes.valid_from_date
                )',
                -1
            ) }},
            (select as_of from clock)
        ) as valid_to_date,
        states.state_number,
        states.customer_state not in ('settled', 'recalled', 'sold') as is_owed
    from changes
    inner join states on changes.debt_state = states.customer_state

),

customer_days as (

    select distinct
        customer_id,
        valid_from_date
    from debt_spans

),

worst_debts as (

    select
        customer_days.customer_id,
        customer_days.valid_from_date,
        max(debt_spans.state_number) as state_number,
        max(case when debt_spans.is_owed then 1 else 0 end) = 1 as is_owing
    from customer_days
    inner join debt_spans
        on
            customer_days.customer_id = debt_spans.customer_id
            and customer_days.valid_from_date >= debt_spans.valid_from_date
            and customer_days.valid_from_date <= debt_spans.valid_to_date
    group by customer_days.customer_id, customer_days.valid_from_date

),

customer_changes as (

    select *
    from worst_debts
    window so_far as (partition by customer_id order by valid_from_date)
    qualify
        state_number is distinct from lag(state_number) over so_far
        or is_owing is distinct from lag(is_owing) over so_far

)

select
    customer_changes.customer_id,
    customer_changes.valid_from_date,
    coalesce(
        {{ add_days(
            'lead(customer_changes.valid_from_date) over (
                partition by customer_changes.customer_id
                order by customer_changes.valid_from_date
            )',
            -1
        ) }},
        (select as_of from clock)
    ) as valid_to_date,
    states.customer_state,
    states.state_rank,
    customer_changes.is_owing,
    customers.segment,
    customers.region
from customer_changes
inner join states on customer_changes.state_number = states.state_number
left join {{ ref('dim_customers') }} as customers
    on customer_changes.customer_id = customers.customer_id
