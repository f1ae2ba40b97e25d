-- A debt is in collection once at a time, and leaves no sooner than it entered.

with

episodes as (

    select
        episode_id,
        contract_id,
        entry_date,
        last_date,
        lead(entry_date) over (
            partition by contract_id order by entry_date, episode_id
        ) as next_entry_date
    from {{ ref('fct_collection_episodes') }}

)

select *
from episodes
where entry_date > last_date or next_entry_date < last_date
