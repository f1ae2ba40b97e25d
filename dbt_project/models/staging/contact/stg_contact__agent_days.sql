-- One row per agent and working day.

with

delivered as (

    {{ delivered('contact', 'agent_days') }}

)

select
    -- ids
    agent_id,

    -- what the agent did
    coalesce({{ read_as('is_absent', 'boolean') }}, false) as is_absent,
    {{ read_as('talk_minutes', 'double') }} as talk_minutes,
    {{ read_as('hold_minutes', 'double') }} as hold_minutes,
    {{ read_as('wrap_minutes', 'double') }} as wrap_minutes,
    {{ read_as('idle_minutes', 'double') }} as idle_minutes,
    {{ read_as('break_minutes', 'double') }} as break_minutes,

    -- when
    {{ read_as('work_date', 'date') }} as work_date

from delivered
