-- One row per decision day, agreement that had been activated by then, as known on the
-- day, and contract it replaces, with the contract's share of it.

with

days as (

    select * from {{ ref('int_score_days') }}

),

agreement_versions as (

    {{ delivered_versions('billing', 'agreements') }}

),

contract_versions as (

    {{ delivered_versions('billing', 'agreement_contracts') }}

),

agreements as (

    select
        days.decision_date,
        agreement_versions.agreement_id,
        lower(agreement_versions.status) as newest_status,
        coalesce(
            {{ read_as('agreement_versions.ended_date', 'date') }}
            <= days.decision_date,
            false
        ) as has_ended
    from agreement_versions
    inner join days on {{ is_version_of('agreement_versions') }}
    where
        {{ read_as('agreement_versions.activated_date', 'date') }} <= days.decision_date

),

contracts as (

    select
        days.decision_date,
        contract_versions.agreement_id,
        contract_versions.contract_id,
        {{ read_as('contract_versions.replaced_amount', 'decimal(18, 2)') }}
            as replaced_amount
    from contract_versions
    inner join days on {{ is_version_of('contract_versions') }}

)

select
    agreements.decision_date,
    agreements.agreement_id,
    contracts.contract_id,
    not agreements.has_ended as is_running,
    agreements.has_ended and agreements.newest_status = 'completed' as is_completed,
    agreements.has_ended and agreements.newest_status = 'broken' as is_broken,
    -- where a source leaves an amount out, the shares are equal
    coalesce(
        {{ ratio(
            'contracts.replaced_amount',
            'sum(contracts.replaced_amount) over (
                partition by agreements.decision_date, agreements.agreement_id
            )'
        ) }},
        {{ ratio(
            '1',
            'count(*) over (
                partition by agreements.decision_date, agreements.agreement_id
            )'
        ) }}
    ) as agreement_share
from agreements
inner join contracts
    on
        agreements.decision_date = contracts.decision_date
        and agreements.agreement_id = contracts.agreement_id
