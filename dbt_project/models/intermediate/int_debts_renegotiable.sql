-- One row per debt and span of days overdue and per debt and day it becomes overdue,
-- for each kind of agreement there might be on it; and per debt and day one is signed
-- or activated while it is overdue.

with

-- by which amount a debt is overdue does not matter here

numbered as (

    select
        *,
        sum(
            case
                when
                    overdue_before_amount > 0
                    and age_band is not distinct from age_band_before
                    then 0
                else 1
            end
        ) over (
            partition by contract_id order by valid_from_date
            rows between unbounded preceding and current row
        ) as span_number
    from (
        select
            *,
            lag(age_band) over (
                partition by contract_id order by valid_from_date
            ) as age_band_before
        from {{ ref('int_debts_overdue') }}
    ) as overdue

),

overdue as (

    select
        contract_id,
        min(valid_from_date) as valid_from_date,
        max(valid_to_date) as valid_to_date,
        min_by(overdue_before_amount, valid_from_date) as overdue_before_amount,
        max(portfolio) as portfolio,
        max(product) as product,
        max(creditor_brand) as creditor_brand,
        max(segment) as segment,
        max(region) as region,
        max(age_band) as age_band
    from numbered
    group by contract_id, span_number

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
