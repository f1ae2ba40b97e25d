-- One row per attempt to reach a customer, or of a customer to reach us.

with

delivered as (

    {{ delivered('contact', 'contacts') }}

)

select
    -- ids
    contact_id,
    customer_id,
    contract_id,
    contact_point_id,
    agent_id,

    -- what happened
    lower(channel) as channel,
    lower(direction) as direction,
    lower(outcome) as outcome,
    lower(party) as party,
    lower(actor) as actor,
    campaign,
    template,
    {{ read_as('duration_seconds', 'bigint') }} as duration_seconds,
    {{ read_as('is_recorded', 'boolean') }} as is_recorded,

    -- when
    {{ instant('started_at') }} as started_at,
    {{ business_date('started_at') }} as contact_date

from delivered
