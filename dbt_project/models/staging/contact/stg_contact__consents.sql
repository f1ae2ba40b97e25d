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
    {{ read_as('is_opted_in', 'boolean') }} as is_opted_in,
    coalesce({{ read_as('is_preferred', 'boolean') }}, false) as is_preferred,
    {{ read_as('stated_from_hour', 'bigint') }} as stated_from_hour,
    {{ read_as('stated_to_hour', 'bigint') }} as stated_to_hour,

    -- when
    {{ instant('effective_at') }} as effective_at,
    {{ business_date('effective_at') }} as effective_date

from delivered
