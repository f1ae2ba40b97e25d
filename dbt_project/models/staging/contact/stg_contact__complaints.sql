-- One row per complaint.

with

delivered as (

    {{ delivered('contact', 'complaints') }}

)

select
    -- ids
    complaint_id,
    customer_id,

    -- what it is about
    lower(channel) as channel,
    reason,

    -- when
    {{ instant('received_at') }} as received_at,
    {{ business_date('received_at') }} as received_date

from delivered
