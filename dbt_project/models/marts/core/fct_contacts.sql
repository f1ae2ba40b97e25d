-- One row per attempt to reach a customer, or of a customer to reach us.

with

contacts as (

    select * from {{ ref('stg_contact__contacts') }}
    where contact_date <= (select as_of from {{ ref('int_clock') }})

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

reached as (

    select
        contacts.*,
        coalesce(merged.golden_customer_id, contacts.customer_id) as golden_customer_id,
        contacts.channel in ('voice', 'ivr') as is_call,
        case
            when contacts.channel in ('voice', 'ivr')
                then contacts.outcome = 'connected'
            else messages.is_delivered
        end as is_reached
    from contacts
    left join {{ ref('int_messages_followed') }} as messages
        on contacts.contact_id = messages.contact_id
    left join merged on contacts.customer_id = merged.customer_id

)

select
    reached.contact_id,
    reached.golden_customer_id as customer_id,
    reached.contract_id,
    reached.contact_point_id,

    -- what happened
    reached.channel,
    reached.direction,
    reached.outcome,
    reached.party,
    reached.actor,
    reached.is_call,
    -- a delivered message or a connected live call
    coalesce(reached.is_reached, false) as is_contacted,
    coalesce(reached.is_call and reached.is_reached and reached.party = 'right', false)
        as is_right_party_call,
    -- where the source does not say it, every conversation is
    coalesce(
        reached.channel = 'voice' and coalesce(reached.is_recorded, reached.is_reached),
        false
    ) as is_recorded,
    reached.duration_seconds,

    -- when
    reached.started_at,
    reached.contact_date,

    -- what it belongs to
    reached.agent_id,
    agents.team,
    reached.campaign,
    reached.template,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'reached.contact_date') }} as age_band
from reached
left join {{ ref('dim_customers') }} as customers
    on reached.golden_customer_id = customers.customer_id
left join {{ ref('dim_contracts') }} as contracts
    on reached.contract_id = contracts.contract_id
left join {{ ref('dim_agents') }} as agents
    on
        reached.agent_id = agents.agent_id
        and reached.contact_date >= agents.valid_from_date
        and reached.contact_date <= agents.valid_to_date
