-- One row per agreement of a known brand, dated by the day it was agreed: was it made
-- under the creditor's own?

select
    agreement_id as unit_id,
    agreed_date as kpi_date,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    {{ age_band('birth_date', 'agreed_date') }} as age_band,
    channel,
    actor,
    agreement_kind,
    -- a white label shows the customer the creditor
    case when brand in ('creditor', 'white_label') then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_agreements') }}
where agreed_date is not null and brand is not null
