-- One row per recorded call, dated by the call: has speech analysis heard it?

with

heard as (

    select distinct contact_id from {{ ref('fct_speech_results') }}
    where speech_status = 'counted'

)

select
    calls.contact_id as unit_id,
    calls.contact_date as kpi_date,
    {{ add_days('calls.contact_date', var('speech_analysis_days')) }} as matures_on,
    calls.portfolio,
    calls.product,
    calls.segment,
    calls.region,
    calls.team,
    calls.agent_id as agent,
    calls.actor,
    calls.campaign,
    case when heard.contact_id is not null then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_contacts') }} as calls
left join heard on calls.contact_id = heard.contact_id
where calls.is_recorded
