-- One row per decision day, model and group of customers (an age band, a region, or
-- all): how the scores of the group compare with what came of it. What the groups are
-- made by is never shown to a model of ours; this is where it would be seen if it came
-- in by another way.

with

scores as (

    select
        scores.*,
        {{ age_band('customers.birth_date', 'scores.decision_date') }} as age_band,
        customers.region,
        {{ is_in_highest_tenth(
            'scores.score',
            'scores.customer_id',
            ['scores.decision_date', 'scores.score_model']
        ) }} as is_top_decile,
        min(scores.score) over (
            partition by scores.decision_date, scores.score_model
        ) >= 0
        and max(scores.score) over (
            partition by scores.decision_date, scores.score_model
        ) <= 1 as is_probability
    from {{ ref('int_scores_known') }} as scores
    left join {{ ref('dim_customers') }} as customers
        on scores.golden_customer_id = customers.customer_id

),

grouped as (

    select
        *,
        'all' as dimension,
        'all' as member
    from scores
    union all
    {% for dimension in ['age_band', 'region'] -%}
    select
        *,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as member
    from scores
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    decision_date,
    score_model,
    dimension,
    member,
    max(matures_on) as matures_on,
    count(*) as customer_count,
    {{ ratio('sum(cast(score as decimal(18, 6)))', 'count(*)') }} as mean_score,
    {{ ratio('sum(outcome)', 'count(outcome)') }} as outcome_rate,
    -- what the scores say beyond what came: above 0 they are too high for the group
    case
        when max(case when is_probability then 1 else 0 end) = 1
            then {{ ratio(
                'sum(cast(score as decimal(18, 6))) filter (where outcome is not null)
                - sum(outcome)',
                'count(outcome)'
            ) }}
    end as calibration_gap,
    {{ ratio('count(*) filter (where is_top_decile)', 'count(*)') }}
        as top_decile_share,
    count(*) < {{ var('small_sample') }} as is_small_sample
from grouped
group by decision_date, score_model, dimension, member
