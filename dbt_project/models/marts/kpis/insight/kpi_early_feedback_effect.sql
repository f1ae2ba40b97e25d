-- One row per month, quarter or year of entries, slice and part (randomised: by the lot
-- of experiments; association: by who told us something): how much more often debts are
-- resolved with early feedback than without.

{{ effects_by_period(
    ref('int_feedback_compared'), ['portfolio', 'segment', 'region', 'age_band']
) }}
