-- One row per period, slice and treatment: the share that paid soon after, among customers alike, the
-- highest first.
select
    'best_treatment' as kpi_id,
    treatments.period_grain,
    treatments.period_start,
    treatments.matures_on <= release.as_of as is_mature,
    treatments.dimension,
    treatments.member,
    treatments.part as treatment,
    treatments.denominator as unit_count,
    treatments.numerator / nullif(treatments.denominator, 0) as outcome_rate,
    treatments.value,
    treatments.low,
    treatments.high,
    treatments.difference_points / 100 as difference,
    treatments.adjusted_p_value,
    treatments.verdict,
    treatments.is_recommended
from kpi_best_treatment as treatments
cross join release
inner join shown_periods using (period_grain, period_start)
order by treatments.period_grain, treatments.period_start, dimension, member, value desc, treatment
