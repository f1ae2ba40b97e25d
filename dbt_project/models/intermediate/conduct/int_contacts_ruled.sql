-- One row per contact of ours, made or planned, and conduct rule that applies to it: by
-- the customer's country, region and day, and by the channel.

select
    attempts.attempt_id,
    attempts.contact_id,
    attempts.is_planned,
    attempts.customer_id,
    attempts.country,
    attempts.channel,
    attempts.medium,
    attempts.started_at,
    attempts.local_at,
    attempts.local_date,
    rules.conduct_rule,
    rules.rule_kind,
    rules.scope,
    rules.stages,
    rules.max_contacts,
    rules.within_days,
    rules.delay_business_days,
    rules.weekday_hours,
    rules.saturday_hours,
    rules.sunday_hours,
    rules.holiday_hours
from {{ ref('int_contact_attempts') }} as attempts
inner join {{ ref('int_conduct_rules') }} as rules
    on
        attempts.channel = rules.channel
        and attempts.local_date >= rules.valid_from_date
        and attempts.local_date <= rules.valid_to_date
        and (rules.country is null or attempts.country = rules.country)
        and (rules.region is null or attempts.region = rules.region)
where
    attempts.direction = 'outbound'
    -- what a rule does not count it does not forbid
    and not coalesce(
        {{ is_listed('attempts.outcome', 'rules.outcomes_not_counted') }}, false
    )
