-- One row per collection episode, dated by its entry: what has been recovered of the
-- exposure so far. It is mature when nothing more can be recovered by it.

select
    contract_id as unit_id,
    entry_date as kpi_date,
    coalesce(recovered_until_date, date '9999-12-31') as matures_on,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    age_band,
    recovered_amount as numerator,
    exposure_amount as denominator
from {{ ref('fct_collection_episodes') }}
