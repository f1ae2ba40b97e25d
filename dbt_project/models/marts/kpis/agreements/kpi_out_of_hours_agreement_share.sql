-- One row per agreement signed at a known hour, dated by its signing: was the operation
-- closed? The hours of both clocks are kept beside it.

select
    agreement_id as unit_id,
    signed_date as kpi_date,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    {{ age_band('birth_date', 'signed_date') }} as age_band,
    channel,
    actor,
    agreement_kind,
    signed_hour,
    signed_customer_hour,
    case when was_staffed then 0 else 1 end as numerator,
    1 as denominator
from {{ ref('fct_agreements') }}
where was_staffed is not null
