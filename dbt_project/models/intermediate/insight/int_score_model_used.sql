-- One row, or none where there are no scores: the model whose scores the contact queue
-- goes by. That of the policy queue_score_model, where it has scores; else the only one
-- that was imported.

with

models as (

    select distinct
        score_model,
        score_origin
    from {{ ref('fct_scores') }}

),

-- those that foresee payment: early_warning is not about who pays
candidates as (

    select
        score_model,
        score_model = '{{ var("queue_score_model") }}' as is_asked_for
    from models
    where score_model = '{{ var("queue_score_model") }}' or score_origin = 'imported'

)

select
    coalesce(
        max(score_model) filter (where is_asked_for),
        max(score_model)
    ) as score_model
from candidates
having
    count(*) filter (where is_asked_for) = 1
    or count(*) = 1
