-- One row per customer cured of a stay in collection, dated by the cure: is it still a
-- customer 6 months later? Until then the row counts on neither side, and leaves its
-- cohort immature.

select
    customer_id as unit_id,
    cured_date as kpi_date,
    observed_6m_date as matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    case when is_active_6m then 1 else 0 end as numerator,
    case when is_active_6m is null then 0 else 1 end as denominator
from {{ ref('int_customers_cured') }}
