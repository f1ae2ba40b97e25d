-- One row per experiment, kind of unit and arm other than the control: its outcomes
-- against those of the control arm, by assignment, whoever got the treatment.

{% set figures = [
    'shown_count', 'counted_count', 'control_shown_count', 'control_counted_count'
] -%}

with

experiments as (

    select
        *,
        coalesce(read_on_date > (select as_of from {{ ref('int_clock') }}), false)
            as is_read_later
    from {{ ref('int_experiments') }}

),

followed as (

    select
        *,
        is_matured and is_eligible and not is_crossover as is_counted
    from {{ ref('int_assignments_followed') }}

),

arms as (

    select
        experiment,
        unit_kind,
        arm,
        is_control,
        count(*) as assigned_count,
        count(*) filter (where is_crossover) as crossover_count,
        count(*) filter (where is_matured) as matured_count,
        count(*) filter (where is_counted) as counted_count,
        count(*) filter (where is_counted and has_outcome) as outcome_count,
        count(*) filter (where is_counted and is_treated) as treated_count,
        min(planned_share) as planned_share,
        count(planned_share) = count(*) and min(planned_share) > 0 as is_share_said,
        coalesce(min(planned_share) < max(planned_share), false) as is_share_changed,
        min(assigned_date) as first_assigned_date,
        max(assigned_date) as last_assigned_date
    from followed
    group by experiment, unit_kind, arm, is_control

),

-- by its first assignment every unit, a crossover too, is in the arm chance gave it;
-- planned shares are weights: what they leave of 1 is an arm nobody looks at here

wholes as (

    select
        experiment,
        unit_kind,
        sum(assigned_count) as assigned_count,
        sum(planned_share) as planned_share,
        count(*) as arm_count,
        sum(crossover_count) as crossover_count,
        sum(treated_count) > 0 as is_treatment_told,
        min(case when is_share_said then 1 else 0 end) = 1 as is_share_said,
        max(case when is_share_changed then 1 else 0 end) = 1 as is_share_changed
    from arms
    group by experiment, unit_kind

),

expected as (

    select
        arms.experiment,
        arms.unit_kind,
        arms.assigned_count,
        wholes.assigned_count
        * {{ ratio('arms.planned_share', 'wholes.planned_share') }} as expected_count
    from arms
    inner join wholes
        on
            arms.experiment = wholes.experiment
            and arms.unit_kind = wholes.unit_kind
    where wholes.is_share_said and not wholes.is_share_changed

),

chi_squares as (

    select
        experiment,
        unit_kind,
        sum(power(assigned_count - expected_count, 2) / expected_count) as chi_square,
        count(*) - 1 as degrees_of_freedom
    from expected
    group by experiment, unit_kind

),

ratios as (

    select
        experiment,
        unit_kind,
        {{ chi_square_p_value('chi_square', 'degrees_of_freedom') }} as ratio_p_value
    from chi_squares

),

compared as (

    select
        treated.*,
        experiments.purpose,
        experiments.control_arm,
        experiments.outcome,
        experiments.horizon_days,
        experiments.read_on_date,
        experiments.is_read_later,
        experiments.is_described,
        control.planned_share as control_planned_share,
        coalesce(control.assigned_count, 0) as control_assigned_count,
        coalesce(control.matured_count, 0) as control_matured_count,
        coalesce(control.counted_count, 0) as control_counted_count,
        coalesce(control.outcome_count, 0) as control_outcome_count,
        coalesce(control.treated_count, 0) as control_treated_count,
        wholes.crossover_count as all_crossover_count,
        wholes.is_treatment_told,
        wholes.is_share_changed as is_any_share_changed,
        ratios.ratio_p_value,
        coalesce(ratios.ratio_p_value < {{ var('sample_ratio_alpha') }}, false)
            as is_ratio_off
    from arms as treated
    inner join experiments on treated.experiment = experiments.experiment
    inner join wholes
        on
            treated.experiment = wholes.experiment
            and treated.unit_kind = wholes.unit_kind
    left join ratios
        on
            treated.experiment = ratios.experiment
            and treated.unit_kind = ratios.unit_kind
    left join arms as control
        on
            treated.experiment = control.experiment
            and treated.unit_kind = control.unit_kind
            and control.is_control
    where not treated.is_control

),

judged as (

    select
        *,
        case
            when control_arm is null then 'no_control_arm'
            when is_any_share_changed then 'planned_shares_changed'
            when is_ratio_off then 'sample_ratio'
        end as withheld_because
    from compared

),

-- of a result that is withheld, nothing is told that would give it away

counted as (

    select
        *,
        case when withheld_because is null then outcome_count end as shown_count,
        case when withheld_because is null then control_outcome_count end
            as control_shown_count
    from judged

),

tested as (

    select
        *,
        {{ ratio('shown_count', 'counted_count') }} as outcome_rate,
        {{ ratio('control_shown_count', 'control_counted_count') }}
            as control_outcome_rate,
        {{ difference_bound('-', *figures) }} as interval_low,
        {{ difference_bound('+', *figures) }} as interval_high,
        {{ two_proportion_z(*figures) }} as z
    from counted

),

with_p_values as (

    select
        *,
        outcome_rate - control_outcome_rate as difference,
        {{ two_sided_p_value('z') }} as p_value
    from tested

),

-- the arms of an experiment are several chances of a difference where there is none

adjusted as (

    {{ adjusted_p_values('with_p_values', ['experiment', 'unit_kind']) }}

)

select
    experiment,
    unit_kind,
    arm,
    control_arm,
    purpose,
    outcome,
    horizon_days,
    read_on_date,
    is_described,
    first_assigned_date,
    last_assigned_date,

    -- who was assigned
    assigned_count,
    control_assigned_count,
    cast(all_crossover_count as bigint) as crossover_count,
    planned_share,
    control_planned_share,
    case
        when ratio_p_value is null then 'not_possible'
        when is_ratio_off then 'off'
        else 'sound'
    end as ratio_check,
    ratio_p_value,
    withheld_because is not null as is_withheld,
    withheld_because,

    -- what came of it
    counted_count,
    control_counted_count,
    shown_count as outcome_count,
    control_shown_count as control_outcome_count,
    outcome_rate,
    control_outcome_rate,
    difference,
    {{ ratio('difference', 'control_outcome_rate') }} as difference_relative,
    interval_low,
    interval_high,
    z,
    p_value,
    adjusted_p_value,
    case
        when withheld_because is not null then 'withheld'
        when is_read_later or matured_count = 0 or control_matured_count = 0
            then 'immature'
        when least(counted_count, control_counted_count) < {{ var('small_sample') }}
            then 'too_few'
        when adjusted_p_value <= 1 - {{ var('confidence_percent') }} * 0.01 then 'shown'
        else 'no_difference_shown'
    end as verdict,
    difference * counted_count as incremental_outcomes,

    -- who got the treatment
    case when is_treatment_told then treated_count end as treated_count,
    case when is_treatment_told then control_treated_count end as control_treated_count
from adjusted
