-- One row per recorded call that speech analysis has heard, and whether a promise or a
-- payment followed it within the windows of an action.

with

heard as (

    select distinct contact_id from {{ ref('fct_speech_results') }}
    where speech_status = 'counted'

),

calls as (

    select
        contacts.*,
        {{ add_days('contacts.contact_date', var('response_window_days')) }}
            as promise_window_end_date,
        {{ add_days('contacts.contact_date', var('payment_conversion_window_days')) }}
            as payment_window_end_date
    from {{ ref('fct_contacts') }} as contacts
    inner join heard on contacts.contact_id = heard.contact_id

),

-- a promise names its call, or comes after it
promised as (

    select contact_id
    from {{ ref('int_promises_made') }}
    where contact_id is not null

    union

    select calls.contact_id
    from calls
    inner join {{ ref('int_promises_made') }} as promises
        on
            calls.customer_id = promises.customer_id
            and calls.contact_date <= promises.made_date
            and calls.promise_window_end_date >= promises.made_date
    where
        calls.started_at < case
            when promises.has_made_time then promises.made_at
            else {{ end_of_day('promises.made_date') }}
        end

),

paid as (

    select distinct calls.contact_id
    from calls
    inner join {{ ref('int_customer_responses') }} as responses
        on
            calls.customer_id = responses.customer_id
            and calls.started_at < responses.response_at
            and calls.payment_window_end_date >= responses.response_date
    where responses.response_kind = 'payment'

)

select
    calls.contact_id,
    calls.customer_id,
    calls.contact_date,
    promised.contact_id is not null as is_promised,
    paid.contact_id is not null as is_paid,

    -- what it belongs to
    calls.segment,
    calls.team,
    calls.campaign
from calls
left join promised on calls.contact_id = promised.contact_id
left join paid on calls.contact_id = paid.contact_id
