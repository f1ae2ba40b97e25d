-- One row per message and thing that happened to it after it was sent.

with

delivered as (

    {{ delivered('contact', 'contact_events') }}

)

select
    -- ids
    contact_id,

    -- what happened
    lower(event) as event,
    coalesce({{ read_as('is_machine', 'boolean') }}, false) as is_machine,
    coalesce({{ read_as('is_automatic', 'boolean') }}, false) as is_automatic,

    -- when
    {{ instant('occurred_at') }} as occurred_at,
    {{ business_date('occurred_at') }} as occurred_date

from delivered
