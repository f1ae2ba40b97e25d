-- One row per golden customer, model and day on which it scored the customer, by as_of:
-- the last score of the day.

with

clock as (

    select * from {{ ref('int_clock') }}

),

ours as (

    select
        customer_id,
        score_model,
        'ours' as score_origin,
        {{ end_of_day('decision_date') }} as scored_at,
        decision_date as scored_date,
        score
    from {{ source('insight', 'scores') }}
    where decision_date <= (select as_of from clock)

),

imported as (

    select
        coalesce(merged.golden_customer_id, scores.customer_id) as customer_id,
        scores.model as score_model,
        'imported' as score_origin,
        scores.scored_at,
        scores.scored_date,
        scores.score
    from {{ ref('stg_contact__scores') }} as scores
    left join {{ ref('int_customers_merged') }} as merged
        on scores.customer_id = merged.customer_id
    where scores.scored_date <= (select as_of from clock)
    -- of customers merged into one on different scores, the newest is the one to go by
    qualify row_number() over (
        partition by
            coalesce(merged.golden_customer_id, scores.customer_id),
            scores.model,
            scores.scored_date
        order by scores.scored_at desc, scores.customer_id asc
    ) = 1

),

scores as (

    select * from ours

    union all

    select * from imported

)

select
    customer_id,
    score_model,
    score_origin,
    scored_at,
    scored_date,
    score,
    row_number() over (
        partition by customer_id, score_model order by scored_date desc
    ) = 1 as is_current
from scores
