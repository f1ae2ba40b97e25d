-- One row per answer of a customer: a payment, a signed agreement, a written reply, a
-- click or visit by a person, a call back. Where only the day is known, the answer is
-- given at its end.

with

payments as (

    select
        customer_id,
        booked_at as response_at,
        booked_date as response_date,
        'payment' as response_kind,
        cast(null as string) as channel,
        cast(null as string) as answered_contact_id
    from {{ ref('fct_allocations') }}
    where restated_amount > 0 and is_ours

),

agreements as (

    select
        customer_id,
        case
            when has_signed_time then signed_at
            else {{ end_of_day('signed_date') }}
        end as response_at,
        signed_date as response_date,
        'agreement' as response_kind,
        cast(null as string) as channel,
        cast(null as string) as answered_contact_id
    from {{ ref('fct_agreements') }}
    where signed_date is not null

),

answers_to_messages as (

    select
        customer_id,
        occurred_at as response_at,
        occurred_date as response_date,
        case event when 'replied' then 'reply' else 'click' end as response_kind,
        channel,
        contact_id as answered_contact_id
    from {{ ref('fct_contact_events') }}
    where is_genuine and event in ('clicked', 'visited', 'replied')

),

calls_back as (

    select
        customer_id,
        started_at as response_at,
        contact_date as response_date,
        case when is_call then 'call_back' else 'reply' end as response_kind,
        channel,
        cast(null as string) as answered_contact_id
    from {{ ref('fct_contacts') }}
    where direction = 'inbound' and (is_contacted or not is_call)

),

responses as (

    select * from payments
    union all
    select * from agreements
    union all
    select * from answers_to_messages
    union all
    select * from calls_back

)

select * from responses
where customer_id is not null
