-- One row per customer, channel and span of time during which the customer is opted out
-- of it: from the instant of saying so, in a consent or in answer to a message, until
-- opting in again. What is said otherwise does not lift it. Who opts out of voice opts
-- out of ivr, which is a call like it.

with

clock as (

    select * from {{ ref('int_clock') }}

),

said as (

    select
        consents.customer_id,
        consents.channel,
        consents.is_opted_in,
        consents.effective_at as said_at
    from {{ ref('stg_contact__consents') }} as consents
    where
        consents.is_opted_in is not null
        and consents.effective_date <= (select as_of from clock)

    union all

    select
        events.customer_id,
        events.channel,
        false as is_opted_in,
        events.occurred_at as said_at
    from {{ ref('fct_contact_events') }} as events
    where events.event = 'opted_out' and events.customer_id is not null

),

of_calls as (

    select * from said

    union all

    select
        customer_id,
        'ivr' as channel,
        is_opted_in,
        said_at
    from said
    where channel = 'voice'

),

golden as (

    select
        coalesce(merged.golden_customer_id, of_calls.customer_id) as customer_id,
        of_calls.channel,
        of_calls.said_at,
        -- of what is said at one instant the refusal counts
        min(case when of_calls.is_opted_in then 1 else 0 end) = 1 as is_opted_in
    from of_calls
    left join {{ ref('int_customers_merged') }} as merged
        on of_calls.customer_id = merged.customer_id
    group by
        coalesce(merged.golden_customer_id, of_calls.customer_id),
        of_calls.channel,
        of_calls.said_at

),

changes as (

    select *
    from golden
    qualify is_opted_in is distinct from lag(is_opted_in) over (
        partition by customer_id, channel order by said_at
    )

),

spans as (

    select
        *,
        coalesce(
            lead(said_at) over (partition by customer_id, channel order by said_at),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to_at
    from changes

)

select
    spans.customer_id,
    spans.channel,
    spans.said_at as valid_from_at,
    spans.valid_to_at,
    cast({{ local_time('spans.said_at', 'customers.time_zone') }} as date)
        as opted_out_date
from spans
left join {{ ref('dim_customers') }} as customers
    on spans.customer_id = customers.customer_id
where not spans.is_opted_in
