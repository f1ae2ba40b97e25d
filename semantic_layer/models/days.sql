-- One row per day from the first event to as_of.

select calendar_date
from {{ source('release', 'dim_dates') }}
