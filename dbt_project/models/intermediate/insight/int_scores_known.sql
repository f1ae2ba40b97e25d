-- One row per decision day, model and customer at risk on the day of whom the model had
-- given a score by then, as known on the day: the newest one, and what came of it.

with

days as (

    select * from {{ ref('int_score_days') }}
    where is_scored

),

outcomes as (

    select * from {{ ref('int_score_outcomes') }}

),

ours as (

    select
        decision_date,
        score_model as scored_model,
        case
            when algorithm = 'logistic_regression' then score_model
            else score_model || '_challenger'
        end as score_model,
        customer_id,
        score
    from {{ source('insight', 'scores') }}

),

imported as (

    select * from {{ ref('int_score_imports') }}

),

imported_by_day as (

    select
        days.decision_date,
        'propensity_to_pay' as scored_model,
        imported.score_model,
        coalesce(customers.golden_customer_id, imported.customer_id) as customer_id,
        imported.score
    from imported
    inner join days
        on
            {{ is_version_of('imported') }}
            and imported.scored_date <= days.decision_date
            and imported.scored_date
            > {{ add_days('days.decision_date', -var('score_max_age_days')) }}
    left join {{ ref('int_score_customers') }} as customers
        on
            days.decision_date = customers.decision_date
            and imported.customer_id = customers.customer_id
    qualify row_number() over (
        partition by
            days.decision_date,
            imported.score_model,
            coalesce(customers.golden_customer_id, imported.customer_id)
        order by imported.scored_at desc, imported.customer_id asc
    ) = 1

),

scores as (

    select * from ours
    union all
    select
        decision_date,
        scored_model,
        score_model,
        customer_id,
        score
    from imported_by_day

)

select
    scores.decision_date,
    scores.score_model,
    scores.customer_id,
    outcomes.golden_customer_id,
    scores.score,
    outcomes.matures_on,
    outcomes.outcome
from scores
inner join outcomes
    on
        scores.decision_date = outcomes.decision_date
        and scores.scored_model = outcomes.score_model
        and scores.customer_id = outcomes.customer_id
