-- One row per contact and topic that speech analysis found in it by as_of, or one
-- without a topic where it found none, and whether it counts: only recorded calls do.

with

results as (

    select * from {{ ref('stg_contact__speech_results') }}
    where analysed_date <= (select as_of from {{ ref('int_clock') }})
    -- a topic found is more than none found
    qualify topic is not null or count(topic) over (partition by contact_id) = 0

),

contacts as (

    select * from {{ ref('fct_contacts') }}

)

select
    results.contact_id,
    contacts.customer_id,

    -- what was heard
    results.topic,
    results.sentiment,
    results.analysed_at,
    results.analysed_date,
    case
        when contacts.contact_id is null then 'unknown_contact'
        when contacts.channel != 'voice' then 'not_a_call'
        when not contacts.is_recorded then 'not_recorded'
        else 'counted'
    end as speech_status,

    -- the call
    contacts.contact_date,
    contacts.direction,
    contacts.actor,
    contacts.agent_id,
    contacts.team,
    contacts.campaign,
    contacts.portfolio,
    contacts.product,
    contacts.segment,
    contacts.region
from results
left join contacts on results.contact_id = contacts.contact_id
