-- One row per version of a score that was imported, with the days on which it was the
-- newest known.

with

versions as (

    {{ delivered_versions('contact', 'scores') }}

)

select
    customer_id,
    {{ imported_score_model('model') }} as score_model,
    {{ read_as('score', 'double') }} as score,
    {{ instant('scored_at') }} as scored_at,
    {{ business_date('scored_at') }} as scored_date,
    known_from_date,
    known_to_date
from versions
