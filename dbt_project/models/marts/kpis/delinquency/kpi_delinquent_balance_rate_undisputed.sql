-- One row per debt and span of days with a balance nobody disputes: what of it is
-- overdue.

select
    contract_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    age_band,
    ageing_bucket,
    overdue_amount - disputed_overdue_amount as numerator,
    outstanding_amount - disputed_amount as denominator
from {{ ref('fct_debt_periods') }}
where is_in_balance and outstanding_amount > disputed_amount
