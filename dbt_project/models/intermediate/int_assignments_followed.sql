-- One row per assignment: whether the outcome its experiment is judged by came,
-- strictly after it and within the horizon, whether that can be told, and whether a
-- contact of the experiment reached the unit.

with

clock as (

    select * from {{ ref('int_clock') }}

),

assignments as (

    select
        assignments.*,
        experiments.outcome,
        experiments.campaign,
        experiments.read_on_date,
        {{ add_days('assignments.assigned_date', 'experiments.horizon_days') }}
            as horizon_end_date
    from {{ ref('fct_assignments') }} as assignments
    inner join {{ ref('int_experiments') }} as experiments
        on assignments.experiment = experiments.experiment

),

-- cash that names no debt is its customer's all the same
cash_of_units as (

    select
        assignments.*,
        cash.booked_at,
        cash.booked_date
    from assignments
    inner join {{ ref('fct_allocations') }} as cash
        on assignments.contract_id = cash.contract_id
    where cash.is_ours and cash.restated_amount > 0

    union all

    select
        assignments.*,
        cash.booked_at,
        cash.booked_date
    from assignments
    inner join {{ ref('fct_allocations') }} as cash
        on assignments.customer_id = cash.customer_id
    where
        assignments.unit_kind = 'customer'
        and cash.is_ours
        and cash.restated_amount > 0

),

paid as (

    select
        experiment,
        unit_kind,
        unit_id
    from cash_of_units
    where
        outcome = 'paid'
        and assigned_at < booked_at
        and horizon_end_date >= booked_date

),

due as (

    select
        instalments.experiment,
        instalments.unit_kind,
        instalments.unit_id,
        instalments.is_paid_on_time as has_outcome
    from {{ ref('int_instalments_assigned') }} as instalments
    inner join assignments
        on
            instalments.experiment = assignments.experiment
            and instalments.unit_kind = assignments.unit_kind
            and instalments.unit_id = assignments.unit_id
    where assignments.outcome = 'on_time'

),

-- the debts of a unit: the contract, or all of the customer's
episodes_of_units as (

    select
        assignments.*,
        episodes.contract_id as debt_id,
        episodes.entry_date,
        episodes.exit_date,
        episodes.last_date,
        episodes.exit_reason
    from assignments
    inner join {{ ref('fct_collection_episodes') }} as episodes
        on assignments.contract_id = episodes.contract_id

    union all

    select
        assignments.*,
        episodes.contract_id as debt_id,
        episodes.entry_date,
        episodes.exit_date,
        episodes.last_date,
        episodes.exit_reason
    from assignments
    inner join {{ ref('fct_collection_episodes') }} as episodes
        on assignments.customer_id = episodes.customer_id
    where assignments.unit_kind = 'customer'

),

in_collection as (

    select
        episodes.experiment,
        episodes.unit_kind,
        episodes.unit_id,
        episodes.exit_reason in ('paid', 'settled_with_haircut')
        and episodes.exit_date <= episodes.horizon_end_date as has_outcome
    from episodes_of_units as episodes
    left join {{ ref('int_debt_cash_days') }} as cash_days
        on
            episodes.debt_id = cash_days.contract_id
            and episodes.exit_date = cash_days.booked_date
    where
        episodes.outcome = 'resolved'
        and episodes.assigned_date >= episodes.entry_date
        and episodes.assigned_date <= episodes.last_date
        and (
            episodes.exit_date is null
            or coalesce(
                cash_days.last_booked_at, {{ hour_unknown('episodes.exit_date') }}
            ) > episodes.assigned_at
        )

),

agreements as (

    select
        agreements.agreement_id,
        agreements.customer_id,
        agreements.agreed_date,
        case
            when
                agreements.has_signed_time
                and agreements.signed_date = agreements.agreed_date
                then agreements.signed_at
            else {{ hour_unknown('agreements.agreed_date') }}
        end as agreed_at
    from {{ ref('fct_agreements') }} as agreements
    where agreements.agreed_date is not null

),

agreed as (

    select
        assignments.experiment,
        assignments.unit_kind,
        assignments.unit_id
    from assignments
    inner join agreements on assignments.customer_id = agreements.customer_id
    left join {{ ref('stg_billing__agreement_contracts') }} as agreement_contracts
        on
            agreements.agreement_id = agreement_contracts.agreement_id
            and assignments.contract_id = agreement_contracts.contract_id
    where
        assignments.outcome = 'agreed'
        and (
            assignments.unit_kind = 'customer'
            or agreement_contracts.contract_id is not null
        )
        and assignments.assigned_at < agreements.agreed_at
        and assignments.horizon_end_date >= agreements.agreed_date

),

seen as (

    select * from due
    union all
    select * from in_collection
    union all
    select
        *,
        true as has_outcome
    from paid
    union all
    select
        *,
        true as has_outcome
    from agreed

),

-- of several instalments, or debts, every one
outcomes as (

    select
        experiment,
        unit_kind,
        unit_id,
        min(case when has_outcome then 1 else 0 end) = 1 as has_outcome
    from seen
    group by experiment, unit_kind, unit_id

),

treated as (

    select distinct
        assignments.experiment,
        assignments.unit_kind,
        assignments.unit_id
    from assignments
    inner join {{ ref('fct_contacts') }} as contacts
        on
            assignments.customer_id = contacts.customer_id
            and assignments.assigned_at < contacts.started_at
            and assignments.horizon_end_date >= contacts.contact_date
    where
        contacts.direction = 'outbound'
        and contacts.is_contacted
        and (
            contacts.campaign = assignments.campaign
            or (
                assignments.campaign is null
                and contacts.campaign in (assignments.experiment, assignments.arm)
            )
        )
        and (
            assignments.contract_id is null
            or contacts.contract_id is null
            or assignments.contract_id = contacts.contract_id
        )

)

select
    assignments.experiment,
    assignments.unit_kind,
    assignments.unit_id,
    assignments.arm,
    assignments.is_control,
    assignments.is_crossover,
    assignments.planned_share,
    assignments.assigned_date,
    assignments.horizon_end_date,
    assignments.horizon_end_date <= least(
        (select as_of from clock),
        coalesce(assignments.read_on_date, (select as_of from clock))
    ) as is_matured,
    assignments.outcome in ('paid', 'agreed') or outcomes.experiment is not null
        as is_eligible,
    coalesce(outcomes.has_outcome, false) as has_outcome,
    treated.experiment is not null as is_treated
from assignments
left join outcomes
    on
        assignments.experiment = outcomes.experiment
        and assignments.unit_kind = outcomes.unit_kind
        and assignments.unit_id = outcomes.unit_id
left join treated
    on
        assignments.experiment = treated.experiment
        and assignments.unit_kind = treated.unit_kind
        and assignments.unit_id = treated.unit_id
