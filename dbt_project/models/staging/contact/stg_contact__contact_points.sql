-- One row per telephone or e-mail address and check of it.

with

delivered as (

    {{ delivered('contact', 'contact_points') }}

)

select
    -- ids
    contact_point_id,
    customer_id,

    -- what the check found
    lower(kind) as contact_point_kind,
    coalesce({{ read_as('is_verified', 'boolean') }}, false) as is_verified,

    -- when
    {{ instant('checked_at') }} as checked_at,
    {{ business_date('checked_at') }} as checked_date

from delivered
