-- One row per decision day and contract that was known and still ours to collect on the
-- day: not sold, recalled, nor settled by an agreement that was completed.

with

days as (

    select * from {{ ref('int_score_days') }}

),

contract_versions as (

    {{ delivered_versions('billing', 'contracts') }}

),

adjustment_versions as (

    {{ delivered_versions('billing', 'adjustments') }}

),

dispute_versions as (

    {{ delivered_versions('billing', 'disputes') }}

),

-- what undoes a sale or recall has its amount below zero
exits as (

    select
        days.decision_date,
        adjustment_versions.contract_id
    from adjustment_versions
    inner join days on {{ is_version_of('adjustment_versions') }}
    where
        lower(adjustment_versions.kind) in ('debt_sale', 'recall')
        and {{ read_as('adjustment_versions.adjusted_date', 'date') }}
        <= days.decision_date
    group by days.decision_date, adjustment_versions.contract_id
    having sum({{ read_as('adjustment_versions.amount', 'decimal(18, 2)') }}) > 0

),

agreements as (

    select
        decision_date,
        contract_id,
        max(case when is_running then 1 else 0 end) as is_agreed,
        max(case when is_completed then 1 else 0 end) as is_completed
    from {{ ref('int_score_agreements') }}
    group by decision_date, contract_id

),

disputes as (

    select distinct
        days.decision_date,
        dispute_versions.contract_id
    from dispute_versions
    inner join days on {{ is_version_of('dispute_versions') }}
    where
        {{ read_as('dispute_versions.opened_date', 'date') }} <= days.decision_date
        and coalesce(
            {{ read_as('dispute_versions.closed_date', 'date') }} > days.decision_date,
            true
        )

)

select
    days.decision_date,
    contract_versions.contract_id,
    coalesce(customers.golden_customer_id, contract_versions.customer_id)
        as customer_id,
    {{ read_as('contract_versions.originated_date', 'date') }} as originated_date,
    coalesce(agreements.is_agreed = 1, false) as is_agreed,
    disputes.contract_id is not null as is_disputed
from contract_versions
inner join days on {{ is_version_of('contract_versions') }}
left join {{ ref('int_score_customers') }} as customers
    on
        days.decision_date = customers.decision_date
        and contract_versions.customer_id = customers.customer_id
left join exits
    on
        days.decision_date = exits.decision_date
        and contract_versions.contract_id = exits.contract_id
left join agreements
    on
        days.decision_date = agreements.decision_date
        and contract_versions.contract_id = agreements.contract_id
left join disputes
    on
        days.decision_date = disputes.decision_date
        and contract_versions.contract_id = disputes.contract_id
where
    exits.contract_id is null
    and coalesce(agreements.is_completed, 0) = 0
