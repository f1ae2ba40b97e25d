-- One row per debt and span of days overdue (spans, for those overdue when the period
-- opens), per debt and day it becomes overdue, and per debt and day an agreement on it
-- is activated while it is overdue (moments). A debt counts once on each side.

select
    contract_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    agreement_kind,
    case when is_eligible then 0 else 1 end as numerator,
    case when is_eligible then 1 else 0 end as denominator
from {{ ref('int_debts_renegotiable') }}
where is_eligible or step = 'activated'
