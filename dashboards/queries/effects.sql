-- One row per KPI of an effect, period, slice and design: how much more often with than without.
with

effects as (

    select
        'reminder_effect' as kpi_id,
        *
    from kpi_reminder_effect
    union all by name
    select
        'early_feedback_effect' as kpi_id,
        *
    from kpi_early_feedback_effect

)

select
    effects.kpi_id,
    effects.period_grain,
    effects.period_start,
    effects.matures_on <= release.as_of as is_mature,
    effects.dimension,
    effects.member,
    effects.part as design,
    effects.denominator as count_with,
    effects.rate_with,
    effects.count_without,
    effects.rate_without,
    effects.value,
    effects.interval_low as low,
    effects.interval_high as high,
    effects.p_value,
    -- what has fewer has none
    effects.interval_low is null as is_small_sample
from effects
cross join release
inner join shown_periods using (period_grain, period_start)
left join shown_members using (dimension, member)
where effects.dimension = 'all' or shown_members.member is not null
order by kpi_id, period_grain, design desc, dimension, member, period_start desc
