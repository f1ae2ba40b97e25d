-- One row per comparison (of channels, of hours or of treatments, which are a channel
-- and a message), customer, month and what of it the customer got: the first action of
-- the month, and whether the customer paid within the days of the policy after it.
-- Actions whose days are not over yet are no rows.

with

actions as (

    select
        actions.*,
        coalesce(
            actions.paid_date
            <= {{ add_days('actions.contact_date', var('treatment_outcome_days')) }},
            false
        ) as is_paid_soon,
        {{ period_start('month', 'actions.contact_date') }} as month_start_date,
        hour({{ local_time('actions.started_at', 'customers.time_zone') }})
            as customer_hour,
        -- of the evening before: what is paid that day has not changed it yet
        coalesce(states.customer_state, 'none') as customer_state
    from {{ ref('int_actions_followed') }} as actions
    left join {{ ref('dim_customers') }} as customers
        on actions.customer_id = customers.customer_id
    left join {{ ref('int_customer_states') }} as states
        on
            actions.customer_id = states.customer_id
            and actions.contact_date > states.valid_from_date
            and {{ add_days('actions.contact_date', -1) }} <= states.valid_to_date
    where
        {{ add_days('actions.contact_date', var('treatment_outcome_days')) }}
        <= (select as_of from {{ ref('int_clock') }})

),

-- like is compared with like: a stratum is what decides much of who pays, and of who is
-- treated how, before anybody is

treatments as (

    select
        *,
        'channel' as comparison,
        channel as treatment,
        customer_state as stratum
    from actions

    union all

    select
        *,
        'hour' as comparison,
        cast(customer_hour as string) as treatment,
        concat(customer_state, ' ', channel) as stratum
    from actions

    union all

    select
        *,
        'treatment' as comparison,
        concat(channel, ': ', coalesce(template, 'unknown')) as treatment,
        customer_state as stratum
    from actions

)

select
    comparison,
    customer_id,
    month_start_date,
    treatment,
    contact_id,
    contact_date,
    stratum,
    segment,
    age_band,
    case when is_paid_soon then 1 else 0 end as outcome
from treatments
qualify row_number() over (
    partition by comparison, customer_id, month_start_date, treatment
    order by started_at, contact_id
) = 1
