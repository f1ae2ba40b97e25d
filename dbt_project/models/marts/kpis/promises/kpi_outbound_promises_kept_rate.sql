-- One row per outbound call that reached the right party, dated by the call: was a
-- promise made in it actually paid?

with

calls as (

    select * from {{ ref('fct_contacts') }}
    where direction = 'outbound' and channel = 'voice' and is_right_party_call

),

promises as (

    select
        contact_id,
        max(matures_on) as matures_on,
        max(case when promise_status = 'kept' then 1 else 0 end) as is_kept
    from {{ ref('fct_promises') }}
    group by contact_id

)

select
    calls.contact_id as unit_id,
    calls.contact_date as kpi_date,
    promises.matures_on,
    calls.portfolio,
    calls.segment,
    calls.region,
    calls.age_band,
    calls.team,
    calls.agent_id as agent,
    calls.campaign,
    coalesce(promises.is_kept, 0) as numerator,
    1 as denominator
from calls
left join promises on calls.contact_id = promises.contact_id
