-- One row per action that reached a customer (an outbound message delivered, a call
-- connected) and what followed it within its windows: an answer, a promise, a payment.

with

actions as (

    select * from {{ ref('fct_contacts') }}
    -- what was not delivered is not an action
    where direction = 'outbound' and is_contacted

),

responses as (

    select * from {{ ref('int_customer_responses') }}

),

moments as (

    select
        customer_id,
        started_at as moment_at,
        contact_id,
        cast(null as string) as response_kind,
        cast(null as date) as response_date
    from actions

    union all

    -- a call, or a message to us, answers whatever was done before it
    select
        customer_id,
        response_at as moment_at,
        cast(null as string) as contact_id,
        response_kind,
        response_date
    from responses
    where
        response_kind = 'payment'
        or (
            response_kind in ('reply', 'click', 'call_back')
            and answered_contact_id is null
        )

    union all

    select
        customer_id,
        case
            when has_made_time then made_at
            else {{ end_of_day('made_date') }}
        end as moment_at,
        cast(null as string) as contact_id,
        'promise' as response_kind,
        made_date as response_date
    from {{ ref('int_promises_made') }}

),

-- what comes at the same instant does not follow

followed as (

    select
        contact_id,
        min(response_date) filter (
            where response_kind in ('reply', 'click', 'call_back')
        ) over later as answered_date,
        min(response_date) filter (where response_kind = 'promise') over later
            as promised_date,
        min(response_date) filter (where response_kind = 'payment') over later
            as paid_date
    from moments
    window later as (
        partition by customer_id
        order by moment_at desc, contact_id asc nulls last
        rows between unbounded preceding and current row
    )

),

-- an answer to a message answers that one
answers_to_messages as (

    select
        actions.contact_id,
        min(responses.response_date) as answered_date
    from responses
    inner join actions on responses.answered_contact_id = actions.contact_id
    where
        responses.response_kind in ('reply', 'click', 'call_back')
        and responses.response_at > actions.started_at
    group by actions.contact_id

),

windows as (

    select
        *,
        {{ add_days('contact_date', var('response_window_days')) }}
            as response_window_end_date,
        {{ add_days('contact_date', var('payment_conversion_window_days')) }}
            as payment_window_end_date
    from actions

)

select
    windows.contact_id,
    windows.customer_id,
    windows.started_at,
    windows.contact_date,
    windows.response_window_end_date,
    windows.payment_window_end_date,

    -- what followed
    coalesce(
        least(followed.answered_date, answers_to_messages.answered_date)
        <= windows.response_window_end_date,
        false
    ) as is_answered,
    coalesce(followed.promised_date <= windows.response_window_end_date, false)
        as is_promised,
    coalesce(followed.paid_date <= windows.payment_window_end_date, false) as is_paid,
    followed.paid_date,

    -- what it belongs to
    windows.channel,
    windows.actor,
    windows.campaign,
    windows.template,
    windows.segment,
    windows.region,
    windows.age_band
from windows
inner join followed on windows.contact_id = followed.contact_id
left join answers_to_messages
    on windows.contact_id = answers_to_messages.contact_id
