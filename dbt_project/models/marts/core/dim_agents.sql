-- One row per agent and span of days during which what is said of the agent holds.

with

agents as (

    select * from {{ ref('stg_contact__agents') }}

)

select
    agent_id,
    team,
    coalesce(fte, 1) as fte,
    hired_date,
    left_date,
    coalesce(valid_from_date, date '0001-01-01') as valid_from_date,
    coalesce(
        {{ add_days(
            'lead(valid_from_date) over (
                partition by agent_id order by valid_from_date asc nulls first
            )',
            -1
        ) }},
        date '9999-12-31'
    ) as valid_to_date
from agents
