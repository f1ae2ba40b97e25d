-- One row per month of the calls, slice (all, and each segment, team and campaign) and
-- topic that speech analysis heard in them: how often, in what mood, and what followed
-- those calls, beside the other calls heard in the slice. An association, no effect.

{% set windows = [
    var('speech_analysis_days'),
    var('response_window_days'),
    var('payment_conversion_window_days'),
] -%}

with

calls as (

    select
        *,
        {{ period_start('month', 'contact_date') }} as month_start_date
    from {{ ref('int_calls_heard') }}

),

topics as (

    select
        contact_id,
        coalesce(topic, 'no_topic') as topic,
        sentiment
    from {{ ref('fct_speech_results') }}
    where speech_status = 'counted'

),

sliced as (

    select
        calls.*,
        'all' as dimension,
        'all' as member
    from calls
    {%- for dimension in ['segment', 'team', 'campaign'] %}
    union all
    select
        calls.*,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as member
    from calls
    {%- endfor %}

),

slices as (

    select
        month_start_date,
        dimension,
        member,
        count(*) as heard_call_count,
        count(*) filter (where is_promised) as promise_followed_count,
        count(*) filter (where is_paid) as payment_followed_count
    from sliced
    group by month_start_date, dimension, member

),

topics_of_slices as (

    select
        sliced.month_start_date,
        sliced.dimension,
        sliced.member,
        topics.topic,
        count(*) as topic_call_count,
        count(*) filter (where topics.sentiment = 'negative') as negative_count,
        count(*) filter (where topics.sentiment = 'neutral') as neutral_count,
        count(*) filter (where topics.sentiment = 'positive') as positive_count,
        count(*) filter (where sliced.is_promised) as promise_followed_count,
        count(*) filter (where sliced.is_paid) as payment_followed_count
    from sliced
    inner join topics on sliced.contact_id = topics.contact_id
    group by sliced.month_start_date, sliced.dimension, sliced.member, topics.topic

),

beside_the_others as (

    select
        topics_of_slices.*,
        slices.heard_call_count,
        slices.heard_call_count - topics_of_slices.topic_call_count as other_call_count,
        slices.promise_followed_count - topics_of_slices.promise_followed_count
            as other_promise_followed_count,
        slices.payment_followed_count - topics_of_slices.payment_followed_count
            as other_payment_followed_count,
        topics_of_slices.negative_count
        + topics_of_slices.neutral_count
        + topics_of_slices.positive_count as mood_count,
        {{ add_days('last_day(topics_of_slices.month_start_date)', windows | max) }}
            as matures_on
    from topics_of_slices
    inner join slices
        on
            topics_of_slices.month_start_date = slices.month_start_date
            and topics_of_slices.dimension = slices.dimension
            and topics_of_slices.member = slices.member

)

select
    month_start_date,
    dimension,
    member,
    topic,

    -- how often
    heard_call_count,
    topic_call_count,
    {{ ratio('topic_call_count', 'heard_call_count') }} as topic_rate,

    -- in what mood
    {%- for mood in ['negative', 'neutral', 'positive'] %}
    {{ mood }}_count,
    {{ ratio(mood ~ '_count', 'mood_count') }} as {{ mood }}_share,
    {%- endfor %}

    -- what followed
    other_call_count,
    promise_followed_count,
    {{ ratio('promise_followed_count', 'topic_call_count') }} as promise_rate,
    {{ ratio('other_promise_followed_count', 'other_call_count') }}
        as other_promise_rate,
    payment_followed_count,
    {{ ratio('payment_followed_count', 'topic_call_count') }} as payment_rate,
    {{ ratio('other_payment_followed_count', 'other_call_count') }}
        as other_payment_rate,
    least(topic_call_count, other_call_count) < {{ var('small_sample') }}
        as is_small_sample,
    matures_on,
    matures_on <= (select as_of from {{ ref('int_clock') }}) as is_mature
from beside_the_others
