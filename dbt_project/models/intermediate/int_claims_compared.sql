-- One row per claim, design and thing compared for it: what the claim speaks of, or
-- not, and what came of it afterwards. Whatever is compared is looked at from the same
-- point on, with and without, so that nobody is with it merely for having stayed
-- longer.

with

clock as (

    select * from {{ ref('int_clock') }}

),

episodes as (

    select
        episodes.*,
        coalesce(episodes.portfolio, '') || ' ' || episodes.currency
        || ' ' || buckets.ageing_bucket
        || ' ' || {{ band_of('episodes.exposure_amount') }} as likeness,
        {{ add_days('episodes.entry_date', var('early_feedback_days')) }}
            as landmark_date
    from {{ ref('fct_collection_episodes') }} as episodes
    inner join {{ ref('dim_ageing_buckets') }} as buckets
        on
            episodes.entry_days_past_due >= buckets.from_days_past_due
            and episodes.entry_days_past_due <= buckets.to_days_past_due

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

cash as (

    select * from {{ ref('fct_allocations') }}
    where is_ours and restated_amount > 0 and customer_id is not null

),

-- the last survey answered before an offer, and what became of the offer

offers as (

    select
        offers.agreement_id,
        offers.customer_id,
        coalesce(offers.portfolio, '') || ' ' || coalesce(offers.agreement_kind, '')
        || ' ' || coalesce(offers.currency, '')
        || ' ' || {{ band_of('coalesce(offers.original_amount, 0)') }}
        || ' ' || surveys.survey_kind as stratum,
        case surveys.survey_kind
            when 'nps' then surveys.score >= 9
            else surveys.score >= 4
        end as is_exposed,
        case
            when
                offers.agreed_date
                <= {{ add_days('offers.offered_date', var('conversion_window_days')) }}
                then 1
            else 0
        end as outcome
    from {{ ref('fct_agreements') }} as offers
    inner join {{ ref('fct_surveys') }} as surveys
        on
            offers.customer_id = surveys.customer_id
            and offers.offered_at > surveys.responded_at
    where
        surveys.response_status in ('counted', 'repeated')
        and {{ add_days('offers.offered_date', var('conversion_window_days')) }}
        <= (select as_of from clock)
    qualify row_number() over (
        partition by offers.agreement_id
        order by surveys.responded_at desc, surveys.response_id asc
    ) = 1

),

-- the clock starts at the first contact, digital or by telephone

first_contacts as (

    select
        customer_id,
        likeness
        || ' ' || {{ band_of(
            days_between('entry_date', 'first_contact_date') ~ ' + 1'
        ) }} as stratum,
        first_contact_channel not in ('voice', 'ivr') as is_exposed,
        case
            when
                exit_reason in ('paid', 'settled_with_haircut')
                and exit_date
                <= {{ add_days('first_contact_date', var('conversion_window_days')) }}
                then 1
            else 0
        end as outcome
    from episodes
    where
        first_contact_channel in ('voice', 'ivr', 'email', 'sms', 'whatsapp', 'chatbot')
        and {{ add_days('first_contact_date', var('conversion_window_days')) }}
        <= (select as_of from clock)

),

calls_of_episodes as (

    select
        episodes.episode_id,
        count(*) filter (where contacts.contact_date <= episodes.landmark_date)
            as calls_before,
        count(*) filter (where contacts.contact_date > episodes.landmark_date)
            as calls_after
    from episodes
    inner join contacts
        on
            episodes.customer_id = contacts.customer_id
            and episodes.entry_date <= contacts.contact_date
            and contacts.contact_date
            <= {{ add_days('episodes.landmark_date', var('conversion_window_days')) }}
    where contacts.is_call and contacts.direction = 'outbound'
    group by episodes.episode_id

),

visited as (

    select distinct episodes.episode_id
    from episodes
    inner join {{ ref('fct_portal_sessions') }} as visits
        on
            episodes.customer_id = visits.customer_id
            and episodes.entry_date <= visits.started_date
            and episodes.landmark_date >= visits.started_date

),

-- in collection still when the days for a visit are over: the calls after them

called as (

    select
        episodes.customer_id,
        episodes.likeness
        || ' ' || {{ band_of('coalesce(calls_of_episodes.calls_before, 0) + 1') }}
            as stratum,
        visited.episode_id is not null as is_exposed,
        coalesce(calls_of_episodes.calls_after, 0) as outcome
    from episodes
    left join calls_of_episodes on episodes.episode_id = calls_of_episodes.episode_id
    left join visited on episodes.episode_id = visited.episode_id
    where
        (episodes.exit_date is null or episodes.exit_date > episodes.landmark_date)
        and {{ add_days('episodes.landmark_date', var('conversion_window_days')) }}
        <= (select as_of from clock)

),

-- of the calls that reached a debtor who had been sent a message, those that could know
-- it had been opened

talks as (

    select
        calls.contact_id,
        calls.customer_id,
        calls.started_at,
        {{ add_days('calls.contact_date', var('conversion_window_days')) }}
            as window_end_date,
        stays.portfolio,
        stays.exposure_amount,
        {{ days_between('stays.entry_date', 'calls.contact_date') }}
            as days_in_collection,
        informed.numerator = 1 as is_exposed
    from contacts as calls
    inner join {{ ref('kpi_informed_call_share') }} as informed
        on calls.contact_id = informed.unit_id
    inner join {{ ref('fct_customer_episodes') }} as stays
        on
            calls.customer_id = stays.customer_id
            and calls.contact_date >= stays.entry_date
            and calls.contact_date
            <= coalesce(stays.exit_date, (select as_of from clock))
    where
        calls.is_right_party_call
        and exists (
            select 1 from {{ ref('fct_messages') }} as messages
            where
                messages.customer_id = calls.customer_id
                and messages.is_delivered
                and messages.sent_date < calls.contact_date
        )
        and {{ add_days('calls.contact_date', var('conversion_window_days')) }}
        <= (select as_of from clock)

),

paid_after_talks as (

    select distinct talks.contact_id
    from talks
    inner join cash
        on
            talks.customer_id = cash.customer_id
            and talks.started_at < cash.booked_at
            and talks.window_end_date >= cash.booked_date

),

-- of each month the last scores: the tenth that ranks first against the others

scores as (

    select
        customer_id,
        scored_at,
        scored_date,
        {{ add_days('scored_date', var('conversion_window_days')) }} as window_end_date,
        ntile(10) over (
            partition by scored_date order by score desc, customer_id asc
        ) as tenth
    from {{ ref('fct_scores') }}
    where score_model = 'propensity_to_pay'
    qualify
        scored_date = max(scored_date) over (
            partition by {{ period_start('month', 'scored_date') }}
        )

),

paid_after_scores as (

    select distinct
        scores.customer_id,
        scores.scored_date
    from scores
    inner join cash
        on
            scores.customer_id = cash.customer_id
            and scores.scored_at < cash.booked_at
            and scores.window_end_date >= cash.booked_date

)

select
    'satisfied_customers_accept_more' as claim_id,
    'matched' as design,
    customer_id,
    stratum,
    is_exposed,
    outcome
from offers

union all

select
    'digital_contact_reduces_delinquency' as claim_id,
    'matched' as design,
    customer_id,
    stratum,
    is_exposed,
    outcome
from first_contacts

union all

select
    'self_service_lowers_calls' as claim_id,
    'matched' as design,
    customer_id,
    stratum,
    is_exposed,
    outcome
from called

union all

select
    'informed_calls_help' as claim_id,
    'matched' as design,
    talks.customer_id,
    coalesce(talks.portfolio, '')
    || ' ' || {{ band_of('coalesce(talks.exposure_amount, 0)') }}
    || ' ' || {{ band_of('talks.days_in_collection + 1') }} as stratum,
    talks.is_exposed,
    case when paid_after_talks.contact_id is null then 0 else 1 end as outcome
from talks
left join paid_after_talks on talks.contact_id = paid_after_talks.contact_id

union all

select
    'ranking_finds_payers' as claim_id,
    'raw' as design,
    scores.customer_id,
    cast(scores.scored_date as string) as stratum,
    scores.tenth = 1 as is_exposed,
    case when paid_after_scores.customer_id is null then 0 else 1 end as outcome
from scores
left join paid_after_scores
    on
        scores.customer_id = paid_after_scores.customer_id
        and scores.scored_date = paid_after_scores.scored_date
where scores.window_end_date <= (select as_of from clock)

union all

select
    'reminders_bring_payment_forward' as claim_id,
    case part when 'randomised' then part else 'matched' end as design,
    customer_id,
    stratum,
    is_exposed,
    outcome
from {{ ref('int_reminders_compared') }}

union all

select
    'early_feedback_raises_resolution' as claim_id,
    case part when 'randomised' then part else 'matched' end as design,
    customer_id,
    stratum,
    is_exposed,
    outcome
from {{ ref('int_feedback_compared') }}
where outcome is not null
