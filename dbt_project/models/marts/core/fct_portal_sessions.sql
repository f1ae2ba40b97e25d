-- One row per visit to the payment portal begun by as_of, and how it ended. All tries
-- to pay within a visit are one: what counts is whether it came to a payment.

with

clock as (

    select * from {{ ref('int_clock') }}

),

sessions as (

    select
        *,
        succeeded_date <= (select as_of from clock) as is_succeeded,
        -- what succeeded was submitted
        coalesce(submitted_date, succeeded_date) <= (select as_of from clock)
            as is_submitted
    from {{ ref('stg_payment__portal_sessions') }}
    where started_date <= (select as_of from clock)

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

-- who comes by the link of a message is whom it was sent to

visited as (

    select
        sessions.*,
        coalesce(merged.golden_customer_id, sessions.customer_id, contacts.customer_id)
            as golden_customer_id,
        contacts.channel,
        contacts.campaign,
        contacts.template
    from sessions
    left join merged on sessions.customer_id = merged.customer_id
    left join contacts on sessions.visited_from_contact_id = contacts.contact_id

)

select
    visited.session_id,
    visited.golden_customer_id as customer_id,
    visited.visited_from_contact_id,

    -- how it ended
    case
        when visited.is_succeeded then 'succeeded'
        when visited.is_submitted then 'failed'
        when visited.has_created_plan then 'plan_only'
        else 'abandoned'
    end as session_status,
    case
        when visited.is_submitted and not coalesce(visited.is_succeeded, false)
            then visited.failure_code
    end as failure_code,
    visited.has_created_plan,
    visited.has_error,

    -- when
    visited.started_at,
    visited.started_date,
    case
        when visited.is_submitted
            then coalesce(visited.submitted_at, visited.succeeded_at)
    end as submitted_at,
    case
        when visited.is_submitted
            then coalesce(visited.submitted_date, visited.succeeded_date)
    end as submitted_date,
    case when visited.is_succeeded then visited.succeeded_at end as succeeded_at,
    case when visited.is_succeeded then visited.succeeded_date end as succeeded_date,

    -- what it belongs to
    visited.channel,
    visited.campaign,
    visited.template,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'visited.started_date') }} as age_band
from visited
left join {{ ref('dim_customers') }} as customers
    on visited.golden_customer_id = customers.customer_id
