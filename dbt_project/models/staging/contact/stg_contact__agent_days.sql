-- One row per agent and working day.

with

delivered as (

    {{ delivered('contact', 'agent_days') }}

)

select
    -- ids
    agent_id,

    -- what the agent did
    coalesce(try_cast(is_absent as boolean), false) as is_absent,
    try_cast(talk_minutes as double) as talk_minutes,
    try_cast(hold_minutes as double) as hold_minutes,
    try_cast(wrap_minutes as double) as wrap_minutes,
    try_cast(idle_minutes as double) as idle_minutes,
    try_cast(break_minutes as double) as break_minutes,

    -- when
    try_cast(work_date as date) as work_date

from delivered
