-- One row per invitation to a survey, with its response where there is one.

with

delivered as (

    {{ delivered('contact', 'surveys') }}

)

select
    -- ids
    response_id,
    customer_id,
    contact_id,

    -- what was asked and answered
    lower(kind) as survey_kind,
    lower(channel) as channel,
    lower(actor) as actor,
    {{ read_as('score', 'bigint') }} as score,

    -- when
    {{ instant('invited_at') }} as invited_at,
    {{ business_date('invited_at') }} as invited_date,
    {{ instant('delivered_at') }} as delivered_at,
    {{ business_date('delivered_at') }} as delivered_date,
    {{ instant('responded_at') }} as responded_at,
    {{ business_date('responded_at') }} as responded_date

from delivered
