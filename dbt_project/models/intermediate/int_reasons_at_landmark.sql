-- One row per stay of a debt in collection that was still open on its landmark, the day
-- policy gives to learn the reason, and reason known by then, or one without a reason;
-- and how the stay ended within the horizon. Stays over by the landmark are left out:
-- who pays early has no time to be asked.

with

clock as (

    select * from {{ ref('int_clock') }}

),

episodes as (

    select
        *,
        {{ add_days('entry_date', var('reason_landmark_days')) }} as landmark_date,
        {{ add_days('entry_date', var('resolution_horizon_days')) }}
            as horizon_end_date
    from {{ ref('fct_collection_episodes') }}

)

select
    episodes.episode_id,
    episodes.contract_id,
    episodes.customer_id,
    episodes.entry_date,
    episodes.landmark_date,
    episodes.horizon_end_date as matures_on,
    episodes.horizon_end_date <= (select as_of from clock) as is_mature,

    -- what was known
    reasons.reason,
    reasons.reason_source,
    reasons.is_fixable_by_us,

    -- how it ended
    coalesce(
        episodes.exit_reason in ('paid', 'settled_with_haircut')
        and episodes.exit_date <= episodes.horizon_end_date,
        false
    ) as is_resolved,
    coalesce(
        episodes.exit_reason = 'forgiven'
        and episodes.exit_date <= episodes.horizon_end_date,
        false
    ) as is_forgiven
from episodes
left join {{ ref('fct_debt_reasons') }} as reasons
    on
        episodes.contract_id = reasons.contract_id
        and episodes.landmark_date >= reasons.valid_from_date
        and episodes.landmark_date <= reasons.valid_to_date
where
    episodes.landmark_date <= (select as_of from clock)
    and coalesce(episodes.exit_date > episodes.landmark_date, true)
