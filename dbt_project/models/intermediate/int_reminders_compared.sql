-- One row per part and instalment that fell due by as_of: was it reminded of, or
-- assigned to be, and was it paid on time? In the part randomised, of customers drawn
-- by lot; in the part association, of those not in collection that had not paid yet
-- when a reminder would have gone out: who pays before is not reminded, and would
-- count for doing without.

with

assignments as (

    select assignments.*
    from {{ ref('fct_assignments') }} as assignments
    inner join {{ ref('int_experiments') }} as experiments
        on assignments.experiment = experiments.experiment
    where
        experiments.purpose = 'pre_due_reminder'
        and experiments.control_arm is not null
        and not assignments.is_crossover

),

-- what makes a result withheld makes its difference no effect here either
withheld as (

    select distinct
        experiment,
        unit_kind
    from {{ ref('experiment_results') }}
    where is_withheld

),

instalments as (

    select
        instalments.*,
        contracts.portfolio,
        contracts.segment,
        contracts.region,
        contracts.birth_date,
        {{ add_days('instalments.due_date', '-' ~ var('reminder_window_days')) }}
            as window_start_date,
        {{ add_days('instalments.due_date', '-' ~ var('reminder_landmark_days')) }}
            as landmark_date
    from {{ ref('fct_instalments') }} as instalments
    inner join {{ ref('dim_contracts') }} as contracts
        on instalments.contract_id = contracts.contract_id
    where instalments.due_date <= (select as_of from {{ ref('int_clock') }})

),

randomised as (

    select
        'randomised' as part,
        instalments.instalment_id,
        coalesce(assignments.customer_id, assignments.unit_id) as customer_id,
        instalments.due_date,
        instalments.portfolio,
        instalments.segment,
        instalments.region,
        instalments.birth_date,
        assignments.experiment || ' ' || assignments.unit_kind as stratum,
        not assignments.is_control as is_exposed,
        assigned.is_paid_on_time
    from assignments
    inner join {{ ref('int_instalments_assigned') }} as assigned
        on
            assignments.experiment = assigned.experiment
            and assignments.unit_kind = assigned.unit_kind
            and assignments.unit_id = assigned.unit_id
    inner join instalments on assigned.instalment_id = instalments.instalment_id
    left join withheld
        on
            assignments.experiment = withheld.experiment
            and assignments.unit_kind = withheld.unit_kind
    where withheld.experiment is null

),

episodes as (

    select
        customer_id,
        entry_date,
        last_date
    from {{ ref('fct_collection_episodes') }}

),

-- in collection by the landmark, a contact is about what is overdue

before_landmark as (

    select
        instalments.instalment_id,
        max(
            case
                when episodes.last_date >= instalments.window_start_date then 1
                else 0
            end
        ) = 1 as is_in_collection
    from instalments
    inner join episodes
        on
            instalments.customer_id = episodes.customer_id
            and instalments.landmark_date >= episodes.entry_date
    group by instalments.instalment_id

),

reminded as (

    select distinct instalments.instalment_id
    from instalments
    inner join {{ ref('fct_contacts') }} as contacts
        on
            instalments.customer_id = contacts.customer_id
            and instalments.window_start_date <= contacts.contact_date
            and instalments.landmark_date >= contacts.contact_date
    where
        contacts.direction = 'outbound'
        and contacts.is_contacted
        and coalesce(contacts.contract_id, instalments.contract_id)
        = instalments.contract_id

),

associated as (

    select
        'association' as part,
        instalments.instalment_id,
        instalments.customer_id,
        instalments.due_date,
        instalments.portfolio,
        instalments.segment,
        instalments.region,
        instalments.birth_date,
        coalesce(instalments.portfolio, '') || ' ' || instalments.currency
        || ' ' || {{ band_of('instalments.amount') }}
        || case
            when before_landmark.instalment_id is null then ''
            else ' late before'
        end as stratum,
        reminded.instalment_id is not null as is_exposed,
        coalesce(
            instalments.settled_date <= instalments.due_date
            and instalments.is_settled_by_cash,
            false
        ) as is_paid_on_time
    from instalments
    left join before_landmark
        on instalments.instalment_id = before_landmark.instalment_id
    left join reminded on instalments.instalment_id = reminded.instalment_id
    where
        not coalesce(before_landmark.is_in_collection, false)
        and (
            instalments.settled_date is null
            or instalments.settled_date >= instalments.landmark_date
        )

),

compared as (

    select * from randomised
    union all
    select * from associated

)

select
    part,
    instalment_id as unit_id,
    customer_id,
    due_date as kpi_date,
    due_date as matures_on,
    portfolio,
    segment,
    region,
    {{ age_band('birth_date', 'due_date') }} as age_band,
    stratum,
    is_exposed,
    case when is_paid_on_time then 1 else 0 end as outcome
from compared
