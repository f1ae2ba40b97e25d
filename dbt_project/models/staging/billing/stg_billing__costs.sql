-- One row per cost of the collection process.

with

delivered as (

    {{ delivered('billing', 'costs') }}

)

select
    -- ids
    cost_id,

    -- what it is for
    lower(kind) as cost_kind,
    lower(channel) as channel,
    team,
    portfolio,
    lower(driver) as driver,

    -- money
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,

    -- when
    {{ read_as('cost_date', 'date') }} as cost_date

from delivered
