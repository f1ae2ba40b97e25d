-- One row per currency and day: what one unit of it is worth in the reporting currency.

with

delivered as (

    {{ delivered('payment', 'fx_rates') }}

)

select
    -- what of
    upper(currency) as currency,

    -- the rate
    try_cast(rate as decimal(18, 8)) as rate,

    -- when
    try_cast(rate_date as date) as rate_date

from delivered
