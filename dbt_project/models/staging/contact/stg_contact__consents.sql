-- One row per customer, channel and change of consent or preference.

with

delivered as (

    {{ delivered('contact', 'consents') }}

)

select
    -- ids
    customer_id,

    -- what was said
    lower(channel) as channel,
    try_cast(is_opted_in as boolean) as is_opted_in,
    coalesce(try_cast(is_preferred as boolean), false) as is_preferred,
    try_cast(stated_from_hour as bigint) as stated_from_hour,
    try_cast(stated_to_hour as bigint) as stated_to_hour,

    -- when
    {{ instant('effective_at') }} as effective_at,
    {{ business_date('effective_at') }} as effective_date

from delivered
