-- One row per golden customer, model and day on which it scored the customer, by as_of:
-- the last score of the day.

with

clock as (

    select * from {{ ref('int_clock') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

-- a model trained in another way stands beside ours, to be held against it
ours as (

    select
        customer_id,
        case
            when algorithm = 'logistic_regression' then score_model
            else score_model || '_challenger'
        end as score_model,
        'ours' as score_origin,
        {{ end_of_day('decision_date') }} as scored_at,
        decision_date as scored_date,
        score
    from {{ source('insight', 'scores') }}

),

imported as (

    select
        customer_id,
        {{ imported_score_model('model') }} as score_model,
        'imported' as score_origin,
        scored_at,
        scored_date,
        score
    from {{ ref('stg_contact__scores') }}

),

scores as (

    select * from ours

    union all

    select * from imported

),

-- of customers merged into one on different scores, the newest is the one to go by
golden as (

    select
        scores.*,
        coalesce(merged.golden_customer_id, scores.customer_id) as golden_customer_id
    from scores
    left join merged on scores.customer_id = merged.customer_id
    where scores.scored_date <= (select as_of from clock)
    qualify row_number() over (
        partition by
            coalesce(merged.golden_customer_id, scores.customer_id),
            scores.score_model,
            scores.scored_date
        order by scores.scored_at desc, scores.customer_id asc
    ) = 1

)

select
    golden_customer_id as customer_id,
    score_model,
    score_origin,
    scored_at,
    scored_date,
    score,
    row_number() over (
        partition by golden_customer_id, score_model order by scored_date desc
    ) = 1 as is_current
from golden
