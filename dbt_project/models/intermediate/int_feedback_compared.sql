-- One row per part and stay in collection: was there early feedback, or was it
-- assigned to be asked for, and was the debt resolved afterwards? In the part
-- randomised, one row per unit drawn by lot; in the part association, per debt still
-- in collection when the days for early feedback are over: who settles before has had
-- less time to tell us anything. Outcomes that cannot be known yet are NULL.

with

clock as (

    select * from {{ ref('int_clock') }}

),

withheld as (

    select distinct
        experiment,
        unit_kind
    from {{ ref('experiment_results') }}
    where is_withheld

),

randomised as (

    select
        'randomised' as part,
        assignments.unit_id,
        coalesce(assignments.customer_id, assignments.unit_id) as customer_id,
        assignments.assigned_date as kpi_date,
        followed.horizon_end_date as matures_on,
        coalesce(contracts.portfolio, stays.portfolio) as portfolio,
        customers.segment,
        customers.region,
        customers.birth_date,
        assignments.experiment || ' ' || assignments.unit_kind as stratum,
        not assignments.is_control as is_exposed,
        case
            when followed.is_matured and followed.has_outcome then 1
            when followed.is_matured then 0
        end as outcome
    from {{ ref('fct_assignments') }} as assignments
    inner join {{ ref('int_experiments') }} as experiments
        on assignments.experiment = experiments.experiment
    inner join {{ ref('int_assignments_followed') }} as followed
        on
            assignments.experiment = followed.experiment
            and assignments.unit_kind = followed.unit_kind
            and assignments.unit_id = followed.unit_id
    left join {{ ref('dim_customers') }} as customers
        on assignments.customer_id = customers.customer_id
    left join {{ ref('dim_contracts') }} as contracts
        on assignments.contract_id = contracts.contract_id
    left join {{ ref('fct_customer_episodes') }} as stays
        on
            assignments.customer_id = stays.customer_id
            and assignments.assigned_date >= stays.entry_date
            and assignments.assigned_date
            <= coalesce(stays.exit_date, (select as_of from clock))
    left join withheld
        on
            assignments.experiment = withheld.experiment
            and assignments.unit_kind = withheld.unit_kind
    where
        experiments.purpose = 'early_feedback'
        and experiments.outcome = 'resolved'
        and experiments.control_arm is not null
        and not assignments.is_crossover
        and followed.is_eligible
        and withheld.experiment is null

),

episodes as (

    select
        *,
        {{ add_days('entry_date', var('early_feedback_days')) }} as landmark_date,
        {{ add_days(
            'entry_date', var('early_feedback_days') + var('feedback_resolution_days')
        ) }} as horizon_end_date
    from {{ ref('fct_collection_episodes') }}

),

with_feedback as (

    select distinct episodes.episode_id
    from episodes
    inner join {{ ref('int_customer_feedback') }} as feedback
        on
            episodes.customer_id = feedback.customer_id
            and episodes.entry_date <= feedback.feedback_date
            and episodes.landmark_date >= feedback.feedback_date
    where
        coalesce(feedback.contract_id, episodes.contract_id) = episodes.contract_id

),

associated as (

    select
        'association' as part,
        episodes.episode_id as unit_id,
        episodes.customer_id,
        episodes.entry_date as kpi_date,
        episodes.horizon_end_date as matures_on,
        episodes.portfolio,
        episodes.segment,
        episodes.region,
        contracts.birth_date,
        coalesce(episodes.portfolio, '') || ' ' || episodes.currency
        || ' ' || buckets.ageing_bucket
        || ' ' || {{ band_of('episodes.exposure_amount') }} as stratum,
        with_feedback.episode_id is not null as is_exposed,
        case
            when episodes.horizon_end_date > (select as_of from clock) then null
            when
                episodes.exit_reason in ('paid', 'settled_with_haircut')
                and episodes.exit_date <= episodes.horizon_end_date
                then 1
            else 0
        end as outcome
    from episodes
    inner join {{ ref('dim_contracts') }} as contracts
        on episodes.contract_id = contracts.contract_id
    inner join {{ ref('dim_ageing_buckets') }} as buckets
        on
            episodes.entry_days_past_due >= buckets.from_days_past_due
            and episodes.entry_days_past_due <= buckets.to_days_past_due
    left join with_feedback on episodes.episode_id = with_feedback.episode_id
    where
        episodes.landmark_date <= (select as_of from clock)
        and (
            episodes.exit_date is null or episodes.exit_date > episodes.landmark_date
        )

),

compared as (

    select * from randomised
    union all
    select * from associated

)

select
    part,
    unit_id,
    customer_id,
    kpi_date,
    matures_on,
    portfolio,
    segment,
    region,
    {{ age_band('birth_date', 'kpi_date') }} as age_band,
    stratum,
    is_exposed,
    outcome
from compared
