-- One row per collection episode, dated by its entry: was its exposure paid in full?

select
    contract_id as unit_id,
    entry_date as kpi_date,
    coalesce(recovered_until_date, date '9999-12-31') as matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    case when is_paid_in_full then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_collection_episodes') }}
