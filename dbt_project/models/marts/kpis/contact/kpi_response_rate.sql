-- One row per customer and action that reached the customer, dated by the action: did
-- the customer answer, call back or click within the window?

with

actions as (

    select
        *,
        {{ add_days('contact_date', var('response_window_days')) }} as window_end_date
    from {{ ref('fct_contacts') }}
    where direction = 'outbound' and is_contacted

),

responses as (

    select
        customer_id,
        response_at,
        response_date,
        answered_contact_id
    from {{ ref('int_customer_responses') }}
    where response_kind in ('reply', 'click', 'call_back')

),

answered as (

    select distinct actions.contact_id
    from actions
    inner join responses
        on
            actions.customer_id = responses.customer_id
            -- an answer to a message answers that one, a call answers any
            and actions.contact_id
            = coalesce(responses.answered_contact_id, actions.contact_id)
            and actions.started_at < responses.response_at
            and actions.window_end_date >= responses.response_date

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
    case when answered.contact_id is null then 0 else 1 end as numerator,
    1 as denominator
from actions
left join answered on actions.contact_id = answered.contact_id
