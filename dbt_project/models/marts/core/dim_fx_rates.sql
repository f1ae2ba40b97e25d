-- One row per currency and day: the rate by which the amounts of that day are converted
-- into the reporting currency. Where there is no row, nothing is converted.

select
    currency,
    rate_date,
    rate,
    currency = '{{ var("reporting_currency") }}' as is_reporting_currency
from {{ ref('int_fx_rates') }}
