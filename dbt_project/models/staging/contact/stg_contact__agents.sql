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
    {{ read_as('fte', 'double') }} as fte,

    -- when
    {{ read_as('valid_from', 'date') }} as valid_from_date,
    {{ read_as('hired_date', 'date') }} as hired_date,
    {{ read_as('left_date', 'date') }} as left_date

from delivered
