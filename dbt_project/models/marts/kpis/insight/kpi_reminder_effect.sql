-- One row per month, quarter or year of due dates, slice and part (randomised: by the
-- lot of experiments; association: by who was reminded): how much more often
-- instalments are paid on time with a reminder than without.

{{ effects_by_period(
    ref('int_reminders_compared'), ['portfolio', 'segment', 'region', 'age_band']
) }}
