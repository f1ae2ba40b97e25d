-- One row per day on which customers were scored for early warning and golden customer
-- at risk on it (owing something, nothing of it late): whether the customer was
-- flagged, in which arm of an experiment, and became late within the horizon.

with

scores as (

    select
        customer_id,
        scored_date,
        score
    from {{ ref('fct_scores') }}
    where score_model = '{{ var("early_warning_model") }}'

),

decision_days as (

    select distinct
        scored_date as decision_date,
        {{ add_days('scored_date', var('early_warning_horizon_days')) }}
            as horizon_end_date
    from scores

),

delinquencies as (

    select * from {{ ref('int_customers_delinquent') }}

),

owing as (

    select distinct
        decision_days.decision_date,
        decision_days.horizon_end_date,
        debt_periods.customer_id
    from decision_days
    inner join {{ ref('fct_debt_periods') }} as debt_periods
        on
            decision_days.decision_date >= debt_periods.valid_from_date
            and decision_days.decision_date <= debt_periods.valid_to_date
    where debt_periods.is_in_balance and debt_periods.outstanding_amount > 0

),

-- late on the decision day, or from a day after it
late as (

    select
        owing.decision_date,
        owing.customer_id,
        min(delinquencies.entry_date) as late_date
    from owing
    inner join delinquencies
        on
            owing.customer_id = delinquencies.customer_id
            and owing.decision_date <= delinquencies.last_date
            and owing.horizon_end_date >= delinquencies.entry_date
    group by owing.decision_date, owing.customer_id

),

at_risk as (

    select
        owing.decision_date,
        owing.customer_id,
        {{ add_days('owing.horizon_end_date', 1) }} as matures_on,
        late.late_date,
        scores.score
    from owing
    left join late
        on
            owing.decision_date = late.decision_date
            and owing.customer_id = late.customer_id
    left join scores
        on
            owing.decision_date = scores.scored_date
            and owing.customer_id = scores.customer_id
    where coalesce(late.late_date > owing.decision_date, true)

),

-- those who score the same as one who is left out are left out too

ranked as (

    select
        *,
        count(score) over (
            partition by decision_date order by score desc nulls last
            range between unbounded preceding and current row
        ) as as_high_count,
        count(score) over (partition by decision_date) as score_count
    from at_risk

),

-- by the next morning, when the scores are read: an arm given later would be given to
-- those only who were not late by then

arms as (

    select
        at_risk.decision_date,
        at_risk.customer_id,
        assignments.is_control
    from at_risk
    inner join {{ ref('fct_assignments') }} as assignments
        on
            at_risk.customer_id = assignments.customer_id
            and {{ add_days('at_risk.decision_date', var('early_warning_arm_days')) }}
            >= assignments.assigned_date
    inner join {{ ref('int_experiments') }} as experiments
        on assignments.experiment = experiments.experiment
    where
        experiments.purpose = 'early_warning'
        and not assignments.is_crossover
        and coalesce(experiments.read_on_date >= at_risk.decision_date, true)
    qualify row_number() over (
        partition by at_risk.decision_date, at_risk.customer_id
        order by
            assignments.assigned_at desc,
            assignments.experiment asc,
            assignments.unit_id asc
    ) = 1

)

select
    ranked.decision_date,
    ranked.customer_id,
    ranked.matures_on,

    -- what was foreseen
    ranked.score,
    ranked.score is not null as is_scored,
    ranked.score is not null
    and ranked.as_high_count * 100
    <= ranked.score_count * {{ var('early_warning_top_percent') }} as is_flagged,
    case
        when arms.is_control then 'untreated'
        when not arms.is_control then 'treated'
        else 'none'
    end as treatment_arm,

    -- what came
    ranked.late_date is not null as became_late,
    ranked.late_date,

    -- who it is
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'ranked.decision_date') }} as age_band
from ranked
left join arms
    on
        ranked.decision_date = arms.decision_date
        and ranked.customer_id = arms.customer_id
left join {{ ref('dim_customers') }} as customers
    on ranked.customer_id = customers.customer_id
