-- One row per debt and span of days with a balance, counted as its customer: is
-- anything overdue?

select
    customer_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    case when overdue_amount > 0 then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_debt_periods') }}
where is_in_balance and outstanding_amount > 0
