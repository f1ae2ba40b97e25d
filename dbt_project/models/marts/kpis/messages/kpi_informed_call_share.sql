-- One row per outbound call placed by a person, dated by its beginning: could the agent
-- see that the customer had opened a message, or visited the page, before?

with

calls as (

    select * from {{ ref('fct_contacts') }}
    where
        direction = 'outbound'
        and channel = 'voice'
        and coalesce(actor, 'human') = 'human'

),

first_signs as (

    select
        customer_id,
        min(occurred_at) as first_seen_at
    from {{ ref('fct_contact_events') }}
    where is_genuine and event in ('opened', 'clicked', 'visited')
    group by customer_id

)

select
    calls.contact_id as unit_id,
    calls.contact_date as kpi_date,
    calls.segment,
    calls.team,
    calls.agent_id as agent,
    calls.campaign,
    case when first_signs.first_seen_at < calls.started_at then 1 else 0 end
        as numerator,
    1 as denominator
from calls
left join first_signs on calls.customer_id = first_signs.customer_id
