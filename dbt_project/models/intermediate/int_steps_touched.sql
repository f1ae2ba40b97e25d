-- One row per part of cash and per agreement set up: did a person of ours touch the
-- customer in the hours before? Touched is who was reached by, or reached, a person,
-- whichever side began. What undoes a payment belongs to its payment.

with

paid as (

    select
        payment_id,
        max(
            case
                when has_paid_time then paid_at
                -- the hour unknown
                {%- if var('same_day_date_only_payment') == 'after' %}
                else {{ end_of_day('paid_date') }}
                {%- else %}
                else {{ start_of_day('paid_date') }}
                {%- endif %}
            end
        ) as paid_at
    from {{ ref('stg_payment__payments') }}
    where payment_status = 'cleared' and paid_at is not null
    group by payment_id

),

cash as (

    select * from {{ ref('fct_cash') }}

),

-- when the payer paid, where that is known; else when the payment cleared

cash_steps as (

    select
        'cash' as step_kind,
        allocations.allocation_id as step_id,
        allocations.customer_id,
        coalesce(paid.paid_at, clearings.booked_at) as step_at,
        clearings.payment_channel,
        coalesce(clearings.payment_channel = 'agent', false) as is_taken_by_a_person
    from {{ ref('fct_allocations') }} as allocations
    inner join cash on allocations.cash_id = cash.cash_id
    inner join cash as clearings on cash.cleared_cash_id = clearings.cash_id
    left join paid on clearings.payment_id = paid.payment_id

),

plan_steps as (

    select
        'plan' as step_kind,
        agreement_id as step_id,
        customer_id,
        case
            when has_signed_time and signed_at is not null then signed_at
            else {{ end_of_day('coalesce(signed_date, activated_date)') }}
        end as step_at,
        cast(null as string) as payment_channel,
        coalesce(actor, case when agent_id is not null then 'human' end) = 'human'
            as is_taken_by_a_person
    from {{ ref('fct_agreements') }}
    where signed_date is not null or activated_date is not null

),

steps as (

    select * from cash_steps
    union all
    select * from plan_steps

),

-- one walk through the steps and touches of a customer: no step meets every touch

walked as (

    select
        step_kind,
        step_id,
        customer_id,
        step_at as occurred_at,
        cast(null as timestamp) as touched_at,
        payment_channel,
        coalesce(is_taken_by_a_person, false) as is_taken_by_a_person
    from steps

    union all

    select
        cast(null as string) as step_kind,
        cast(null as string) as step_id,
        customer_id,
        started_at as occurred_at,
        started_at as touched_at,
        cast(null as string) as payment_channel,
        false as is_taken_by_a_person
    from {{ ref('fct_contacts') }}
    where actor = 'human' and is_contacted

),

-- a touch at the very instant of the step was there when it was taken

last_touched as (

    select
        *,
        max(touched_at) over (
            partition by customer_id order by occurred_at
            range between unbounded preceding and current row
        ) as last_touched_at
    from walked

)

select
    step_kind,
    step_id,
    customer_id,
    occurred_at as step_at,
    payment_channel,
    -- of a stranger nobody knows who touched them
    case
        when is_taken_by_a_person then true
        when customer_id is not null
            then coalesce(
                last_touched_at
                >= occurred_at
                - interval {{ var('self_service_lookback_hours') }} hour,
                false
            )
    end as has_human_touch
from last_touched
where step_kind is not null
