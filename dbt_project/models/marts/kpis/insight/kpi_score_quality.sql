-- One row per score run (a model's scores as known on the last day of a month), alone
-- as a member of score_model, and in all where the contact queue goes by the model, and
-- figure (part) of how well the scores told apart who then paid.
--
-- auc: the share of pairs, of one who paid and one who did not, in which the former had
-- the higher score, ties by half (Hanley and McNeil, The meaning and use of the area
-- under a receiver operating characteristic curve, 1982). ks: the greatest distance
-- between the cumulative shares of both (Kolmogorov-Smirnov). calibration_error: the
-- mean distance between score and share that paid, over ten bins of the score of the
-- same width (Naeini et al., Obtaining well calibrated probabilities, 2015).
-- top_decile_capture: the share of those who paid that is among the highest tenth of
-- the scores.

with

scores as (

    select
        *,
        outcome is not null as is_mature
    from {{ ref('int_scores_known') }}
    where decision_date = last_day(decision_date)

),

runs as (

    select
        decision_date,
        score_model,
        max(matures_on) as matures_on,
        count(*) as customer_count,
        coalesce(sum(outcome), 0) as outcome_count,
        min(score) >= 0 and max(score) <= 1 as is_probability
    from scores
    group by decision_date, score_model

),

-- customers with the same score, together: those with a higher one come before them

ties as (

    select
        decision_date,
        score_model,
        score,
        count(*) as tie_count,
        sum(outcome) as tie_outcome_count
    from scores
    where is_mature
    group by decision_date, score_model, score

),

cumulated as (

    select
        ties.decision_date,
        ties.score_model,
        ties.tie_count,
        ties.tie_outcome_count,
        runs.customer_count,
        runs.outcome_count,
        sum(ties.tie_count) over from_the_highest as count_so_far,
        sum(ties.tie_outcome_count) over from_the_highest as outcomes_so_far
    from ties
    inner join runs
        on
            ties.decision_date = runs.decision_date
            and ties.score_model = runs.score_model
    window from_the_highest as (
        partition by ties.decision_date, ties.score_model
        order by ties.score desc
        rows between unbounded preceding and current row
    )

),

-- pairs in halves, so that they are whole numbers; of a tie at the end of the highest
-- tenth, the share that it has room for
ordered as (

    select
        decision_date,
        score_model,
        {{ ratio(
            'sum(
                (tie_count - tie_outcome_count)
                * (2 * outcomes_so_far - tie_outcome_count)
            )',
            'max(2 * outcome_count * (customer_count - outcome_count))'
        ) }} as auc,
        case
            when max(outcome_count * (customer_count - outcome_count)) > 0
                then {{ ratio(
                    'max(
                        abs(
                            outcomes_so_far * (customer_count - outcome_count)
                            - (count_so_far - outcomes_so_far) * outcome_count
                        )
                    )',
                    'max(outcome_count * (customer_count - outcome_count))'
                ) }}
        end as ks,
        sum(
            {{ ratio(
                'tie_outcome_count * greatest(
                    least(ceil(customer_count * 0.1), count_so_far)
                    - (count_so_far - tie_count),
                    0
                )',
                'tie_count'
            ) }}
        ) / nullif(max(cast(outcome_count as double)), 0) as top_decile_capture
    from cumulated
    group by decision_date, score_model

),

bins as (

    select
        decision_date,
        score_model,
        least(floor(score * 10), 9) as score_bin,
        count(*) as bin_count,
        abs(
            sum(cast(score as decimal(18, 6))) - sum(cast(outcome as decimal(18, 6)))
        ) as distance
    from scores
    where is_mature
    group by decision_date, score_model, least(floor(score * 10), 9)

),

calibrated as (

    select
        decision_date,
        score_model,
        {{ ratio('sum(distance)', 'sum(bin_count)') }} as calibration_error
    from bins
    group by decision_date, score_model

),

quality as (

    select
        runs.*,
        ordered.auc,
        ordered.ks,
        ordered.top_decile_capture,
        case when runs.is_probability then calibrated.calibration_error end
            as calibration_error
    from runs
    left join ordered
        on
            runs.decision_date = ordered.decision_date
            and runs.score_model = ordered.score_model
    left join calibrated
        on
            runs.decision_date = calibrated.decision_date
            and runs.score_model = calibrated.score_model

),

figures as (

    {% for part in ['auc', 'ks', 'calibration_error', 'top_decile_capture'] -%}
    select
        decision_date,
        score_model,
        matures_on,
        customer_count,
        outcome_count,
        '{{ part }}' as part,
        {{ part }} as value
    from quality
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sliced as (

    select
        *,
        'score_model' as dimension,
        score_model as member
    from figures

    union all

    select
        figures.*,
        'all' as dimension,
        'all' as member
    from figures
    inner join {{ ref('int_score_model_used') }} as model_used
        on figures.score_model = model_used.score_model

)

select
    'month' as period_grain,
    {{ period_start('month', 'decision_date') }} as period_start,
    dimension,
    member,
    part,
    matures_on,
    outcome_count as numerator,
    customer_count as denominator,
    value
from sliced
