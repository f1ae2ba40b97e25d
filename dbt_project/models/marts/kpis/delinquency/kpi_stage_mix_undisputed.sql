-- One row per debt and span of days with a balance nobody disputes: the stage of
-- collection it is in. A debt that has none is of an unknown one.

select
    contract_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    stage,
    portfolio,
    product,
    creditor_brand,
    currency,
    ageing_bucket,
    outstanding_amount - disputed_amount as numerator,
    outstanding_amount - disputed_amount as denominator
from {{ ref('fct_debt_periods') }}
where is_in_balance and outstanding_amount > disputed_amount
