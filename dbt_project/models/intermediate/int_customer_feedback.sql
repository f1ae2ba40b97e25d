-- One row per thing a customer told us: the reason of a debt, an answer to a survey, a
-- complaint, a message written to us, a call to us.

select
    contracts.customer_id,
    reasons.contract_id,
    reasons.recorded_date as feedback_date,
    'reason' as feedback_kind
from {{ ref('fct_debt_reasons') }} as reasons
inner join {{ ref('dim_contracts') }} as contracts
    on reasons.contract_id = contracts.contract_id
-- inferred, nobody told us
where coalesce(reasons.reason_source, 'asked') in ('asked', 'volunteered')
group by contracts.customer_id, reasons.contract_id, reasons.recorded_date

union all

select
    customer_id,
    cast(null as string) as contract_id,
    responded_date as feedback_date,
    'survey' as feedback_kind
from {{ ref('fct_surveys') }}
where customer_id is not null and responded_date is not null

union all

select
    customer_id,
    cast(null as string) as contract_id,
    received_date as feedback_date,
    'complaint' as feedback_kind
from {{ ref('fct_complaints') }}
where customer_id is not null

union all

select
    customer_id,
    cast(null as string) as contract_id,
    response_date as feedback_date,
    response_kind as feedback_kind
from {{ ref('int_customer_responses') }}
where response_kind in ('reply', 'call_back')
