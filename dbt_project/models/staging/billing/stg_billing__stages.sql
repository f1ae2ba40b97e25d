-- One row per contract and stage of collection it has entered.

with

delivered as (

    {{ delivered('billing', 'stages') }}

)

select
    -- ids
    contract_id,

    -- what began
    lower(stage) as stage,

    -- when
    {{ read_as('started_date', 'date') }} as started_date

from delivered
