-- One row per current score of ours and reason for it, the strongest first: what sets
-- the customer apart from the mean customer the model was trained on, in plain words.

with

reasons as (

    select
        reasons.*,
        coalesce(merged.golden_customer_id, reasons.customer_id) as golden_customer_id
    from {{ source('insight', 'reasons') }} as reasons
    left join {{ ref('int_customers_merged') }} as merged
        on reasons.customer_id = merged.customer_id
    -- of customers merged into one, the reasons of the score that counts
    qualify rank() over (
        partition by
            reasons.score_model,
            coalesce(merged.golden_customer_id, reasons.customer_id)
        order by reasons.decision_date desc, reasons.customer_id asc
    ) = 1

)

select
    reasons.golden_customer_id as customer_id,
    reasons.score_model,
    scores.scored_date,
    reasons.position,
    reasons.feature as reason,
    case when reasons.contribution > 0 then 'raises' else 'lowers' end as direction,
    reasons.contribution,
    texts.text_en,
    texts.text_pt,
    texts.text_es
from reasons
inner join {{ ref('fct_scores') }} as scores
    on
        reasons.golden_customer_id = scores.customer_id
        and reasons.score_model = scores.score_model
        and reasons.decision_date = scores.scored_date
        and scores.is_current
left join {{ ref('score_reason_texts') }} as texts
    on
        reasons.score_model = texts.score_model
        and reasons.feature = texts.feature
        and texts.direction
        = case when reasons.contribution > 0 then 'raises' else 'lowers' end
