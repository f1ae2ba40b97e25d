-- One row per customer and action that reached the customer, dated by the action: did
-- the customer pay within the window after it?

with

actions as (

    select
        *,
        {{ add_days('contact_date', var('payment_conversion_window_days')) }}
            as window_end_date
    from {{ ref('fct_contacts') }}
    -- what was not delivered is not an action
    where direction = 'outbound' and is_contacted

),

payments as (

    select
        customer_id,
        response_at,
        response_date
    from {{ ref('int_customer_responses') }}
    where response_kind = 'payment'

),

converted as (

    select distinct actions.contact_id
    from actions
    inner join payments
        on
            actions.customer_id = payments.customer_id
            and actions.started_at < payments.response_at
            and actions.window_end_date >= payments.response_date

)

select
    actions.customer_id as unit_id,
    actions.contact_date as kpi_date,
    actions.window_end_date as matures_on,
    actions.segment,
    actions.region,
    actions.age_band,
    actions.channel,
    actions.actor,
    actions.campaign,
    case when converted.contact_id is null then 0 else 1 end as numerator,
    1 as denominator
from actions
left join converted on actions.contact_id = converted.contact_id
