-- One row per decision day, contract and instalment, fee or interest that had been
-- asked for by then, as known on the day. An agreement does not change what a contract
-- asks.

with

days as (

    select * from {{ ref('int_score_days') }}

),

instalment_versions as (

    {{ delivered_versions('billing', 'instalments') }}

),

adjustment_versions as (

    {{ delivered_versions('billing', 'adjustments') }}

),

due_dates_moved as (

    select * from {{ ref('int_due_dates_moved') }}

),

contracts as (

    select * from {{ ref('int_score_contracts') }}

),

instalments as (

    select
        contract_id,
        instalment_id as obligation_id,
        {{ read_as('due_date', 'date') }} as due_date,
        {{ read_as('issued_date', 'date') }} as issued_date,
        {{ read_as('amount', 'decimal(18, 2)') }} as amount,
        known_from_date,
        known_to_date
    from instalment_versions

),

adjustments as (

    select
        contract_id,
        adjustment_id as obligation_id,
        lower(kind) as adjustment_kind,
        {{ read_as('adjusted_date', 'date') }} as adjusted_date,
        {{ read_as('due_date', 'date') }} as due_date,
        {{ read_as('amount', 'decimal(18, 2)') }} as amount,
        known_from_date,
        known_to_date
    from adjustment_versions

),

asked as (

    select
        days.decision_date,
        instalments.contract_id,
        instalments.obligation_id,
        instalments.due_date,
        instalments.issued_date,
        instalments.amount,
        true as is_instalment
    from instalments
    inner join days on {{ is_version_of('instalments') }}

    union all

    select
        days.decision_date,
        adjustments.contract_id,
        adjustments.obligation_id,
        coalesce(adjustments.due_date, adjustments.adjusted_date) as due_date,
        adjustments.adjusted_date as issued_date,
        adjustments.amount,
        false as is_instalment
    from adjustments
    inner join days on {{ is_version_of('adjustments') }}
    where adjustments.adjustment_kind in ('fee', 'interest')

)

select
    asked.decision_date,
    asked.contract_id,
    asked.obligation_id,
    coalesce(due_dates_moved.moved_due_date, asked.due_date) as due_date,
    asked.amount,
    asked.is_instalment,
    contracts.customer_id
from asked
inner join contracts
    on
        asked.decision_date = contracts.decision_date
        and asked.contract_id = contracts.contract_id
left join due_dates_moved on asked.due_date = due_dates_moved.due_date
where
    asked.amount > 0
    and coalesce(asked.issued_date, contracts.originated_date, asked.due_date)
    <= asked.decision_date
