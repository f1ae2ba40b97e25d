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
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,

    -- when
    {{ read_as('opened_date', 'date') }} as opened_date,
    {{ read_as('closed_date', 'date') }} as closed_date

from delivered
