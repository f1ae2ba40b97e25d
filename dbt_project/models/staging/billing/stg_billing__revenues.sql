-- One row per revenue of the collection operation.

with

delivered as (

    {{ delivered('billing', 'revenues') }}

)

select
    -- ids
    revenue_id,

    -- what it is for
    lower(kind) as revenue_kind,
    portfolio,

    -- money
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,

    -- when
    {{ read_as('revenue_date', 'date') }} as revenue_date

from delivered
