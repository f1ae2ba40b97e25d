-- One row: the two clocks of this build. What was exported after known_at is not known
-- yet; the world is described as of the end of as_of. Nothing else asks what day it is.

with

delivered_days as (

    select max(export_day) as newest_export_day
    from {{ source('ingestion', 'files') }}

),

known as (

    select
        {% if var('known_at') -%}
        date '{{ var("known_at") }}'
        {%- else -%}
        coalesce(newest_export_day, date '1970-01-01')
        {%- endif %} as known_at
    from delivered_days

)

select
    known_at,
    {%- if var('as_of') %}
    date '{{ var("as_of") }}' as as_of
    {%- else %}
    known_at as as_of
    {%- endif %}
from known
