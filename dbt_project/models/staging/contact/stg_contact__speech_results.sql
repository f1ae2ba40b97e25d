-- One row per call that speech analysis has heard and topic it found in it, or none.

with

delivered as (

    {{ delivered('contact', 'speech_results') }}

)

select
    -- ids
    contact_id,

    -- what was heard
    topic,
    lower(sentiment) as sentiment,

    -- when
    {{ instant('analysed_at') }} as analysed_at,
    {{ business_date('analysed_at') }} as analysed_date

from delivered
