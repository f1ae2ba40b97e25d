-- One row per experiment that the seed describes or somebody was assigned to: its
-- control arm, and which outcome within how many days it is judged by.

with

assigned as (

    select
        experiment,
        -- of an arm called control and one called holdout, the first
        min(arm) filter (where lower(arm) in ('control', 'holdout')) as control_arm
    from {{ ref('stg_contact__assignments') }}
    group by experiment

)

select
    coalesce(described.experiment, assigned.experiment) as experiment,
    coalesce(described.purpose, 'treatment') as purpose,
    case
        when described.experiment is null then assigned.control_arm
        else described.control_arm
    end as control_arm,
    coalesce(described.outcome, 'paid') as outcome,
    cast(
        coalesce(described.horizon_days, {{ var('experiment_horizon_days') }}) as int
    ) as horizon_days,
    described.read_on_date,
    described.campaign,
    described.experiment is not null as is_described
from {{ ref('experiments') }} as described
full outer join assigned on described.experiment = assigned.experiment
