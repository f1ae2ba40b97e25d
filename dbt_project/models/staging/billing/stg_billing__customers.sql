-- One row per customer id the billing system knows, merged ones included.

with

delivered as (

    {{ delivered('billing', 'customers') }}

)

select
    -- ids
    customer_id,
    merged_into_customer_id,

    -- who it is
    lower(kind) as customer_kind,
    {{ read_as('birth_date', 'date') }} as birth_date,
    region,
    upper(country) as country,
    time_zone,
    segment,
    lower(preferred_channel) as preferred_channel

from delivered
