-- One row per dispute of a debt.

with

delivered as (

    {{ delivered('billing', 'disputes') }}

)

select
    -- ids
    dispute_id,
    contract_id,

    -- what is disputed
    reason,
    try_cast(amount as decimal(18, 2)) as amount,

    -- when
    try_cast(opened_date as date) as opened_date,
    try_cast(closed_date as date) as closed_date

from delivered
