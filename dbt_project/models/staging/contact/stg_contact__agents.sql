-- One row per agent and day from which what it says holds.

with

delivered as (

    {{ delivered('contact', 'agents') }}

)

select
    -- ids
    agent_id,

    -- what holds
    team,
    try_cast(fte as double) as fte,

    -- when
    try_cast(valid_from as date) as valid_from_date,
    try_cast(hired_date as date) as hired_date,
    try_cast(left_date as date) as left_date

from delivered
