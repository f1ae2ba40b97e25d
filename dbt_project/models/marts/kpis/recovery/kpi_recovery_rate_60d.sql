-- One row per collection episode, dated by its entry: what was recovered of the
-- exposure within 60 days of it.

select
    contract_id as unit_id,
    entry_date as kpi_date,
    {{ add_days('entry_date', 60) }} as matures_on,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    age_band,
    recovered_60d_amount as numerator,
    exposure_amount as denominator
from {{ ref('fct_collection_episodes') }}
