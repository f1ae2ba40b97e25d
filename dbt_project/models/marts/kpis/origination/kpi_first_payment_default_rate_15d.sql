-- One row per contract, dated by its origination: was its first instalment still unpaid
-- 15 days after its due date? A contract not there yet counts on neither side, and
-- leaves its cohort immature.

select
    contract_id as unit_id,
    cohort_date as kpi_date,
    {{ add_days('due_date', 15) }} as matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    case
        when
            {{ add_days('due_date', 15) }} <= as_of
            and coalesce(settled_date > {{ add_days('due_date', 15) }}, true) then 1
        else 0
    end as numerator,
    case when {{ add_days('due_date', 15) }} <= as_of then 1 else 0 end as denominator
from {{ ref('int_first_instalments') }}
