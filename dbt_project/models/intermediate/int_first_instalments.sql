-- One row per contract with a schedule: its first instalment, when it was settled on
-- restated cash, and the day its origination cohort goes by.

with

first_instalments as (

    select *
    from {{ ref('int_obligations_settled') }}
    where obligation_kind = 'instalment'
    qualify row_number() over (
        partition by contract_id order by obligation_position
    ) = 1

),

contracts as (

    select * from {{ ref('dim_contracts') }}

),

dated as (

    select
        first_instalments.*,
        contracts.portfolio,
        contracts.product,
        contracts.creditor_brand,
        contracts.segment,
        contracts.region,
        contracts.birth_date,
        coalesce(contracts.originated_date, first_instalments.in_force_date)
            as cohort_date
    from first_instalments
    inner join contracts on first_instalments.contract_id = contracts.contract_id

)

select
    dated.contract_id,
    dated.cohort_date,
    dated.due_date,
    dated.settled_date,
    dated.amount,
    dated.portfolio,
    dated.product,
    dated.creditor_brand,
    dated.segment,
    dated.region,
    {{ age_band('dated.birth_date', 'dated.cohort_date') }} as age_band,
    clock.as_of
from dated
cross join {{ ref('int_clock') }} as clock
