-- One row per currency and day: what one unit of it is worth in the reporting currency.

with

delivered as (

    {{ delivered('payment', 'fx_rates') }}

)

select
    -- what of
    upper(currency) as currency,

    -- the rate
    {{ read_as('rate', 'decimal(18, 8)') }} as rate,

    -- when
    {{ read_as('rate_date', 'date') }} as rate_date

from delivered
