-- One row per debt and span of days overdue and per debt and day it becomes overdue,
-- for each kind of agreement there might be on it; and per debt and day one is signed
-- or activated while it is overdue.

with

overdue as (

    select * from {{ ref('int_debts_overdue') }}

),

renegotiated as (

    select * from {{ ref('int_debts_renegotiated') }}

),

-- a debt could have been renegotiated in any of these ways

agreement_kinds as (

    select agreement_kind from renegotiated
    union
    select cast(null as string) as agreement_kind

),

steps as (

    select
        overdue.contract_id,
        'overdue' as step,
        overdue.valid_from_date,
        overdue.valid_to_date,
        agreement_kinds.agreement_kind,
        overdue.portfolio,
        overdue.product,
        overdue.creditor_brand,
        overdue.segment,
        overdue.region,
        overdue.age_band
    from overdue
    cross join agreement_kinds

    union all

    select
        overdue.contract_id,
        'became_overdue' as step,
        overdue.valid_from_date,
        cast(null as date) as valid_to_date,
        agreement_kinds.agreement_kind,
        overdue.portfolio,
        overdue.product,
        overdue.creditor_brand,
        overdue.segment,
        overdue.region,
        overdue.age_band
    from overdue
    cross join agreement_kinds
    where overdue.overdue_before_amount = 0

    union all

    select
        contract_id,
        step,
        step_date as valid_from_date,
        cast(null as date) as valid_to_date,
        agreement_kind,
        portfolio,
        product,
        creditor_brand,
        segment,
        region,
        age_band
    from renegotiated

)

select
    *,
    step in ('overdue', 'became_overdue') as is_eligible
from steps
