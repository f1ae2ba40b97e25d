-- One row per decision day and customer whom the model of the contact queue had scored:
-- whether the score was of the highest tenth, and the first day and instant after it,
-- up to the next decision day, at which the customer was called.

with

runs as (

    select
        decision_date,
        coalesce(
            lead(decision_date) over (order by decision_date), date '9999-12-31'
        ) as next_decision_date
    from {{ ref('int_score_days') }}

),

-- customers merged since had a score each
golden_scores as (

    select
        scores.decision_date,
        scores.score_model,
        scores.golden_customer_id,
        max(scores.score) as score
    from {{ ref('int_scores_known') }} as scores
    inner join {{ ref('int_score_model_used') }} as model_used
        on scores.score_model = model_used.score_model
    group by scores.decision_date, scores.score_model, scores.golden_customer_id

),

scores as (

    select
        *,
        {{ is_in_highest_tenth('score', 'golden_customer_id', ['decision_date']) }}
            as is_top_decile
    from golden_scores

),

calls as (

    select
        customer_id,
        contact_date,
        min(started_at) as started_at
    from {{ ref('fct_contacts') }}
    where is_call and direction = 'outbound'
    group by customer_id, contact_date

),

first_calls as (

    select
        scores.decision_date,
        scores.golden_customer_id,
        min(calls.contact_date) as called_date,
        min(calls.started_at) as called_at
    from scores
    inner join runs on scores.decision_date = runs.decision_date
    inner join calls
        on
            scores.golden_customer_id = calls.customer_id
            and runs.decision_date < calls.contact_date
            and runs.next_decision_date >= calls.contact_date
    group by scores.decision_date, scores.golden_customer_id

)

select
    scores.decision_date,
    runs.next_decision_date,
    scores.score_model,
    scores.golden_customer_id as customer_id,
    scores.is_top_decile,
    first_calls.called_date,
    first_calls.called_at
from scores
inner join runs on scores.decision_date = runs.decision_date
left join first_calls
    on
        scores.decision_date = first_calls.decision_date
        and scores.golden_customer_id = first_calls.golden_customer_id
