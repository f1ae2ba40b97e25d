-- One row per month, slice and topic of calls that speech analysis heard, the most spoken of first.
select
    'month' as period_grain,
    speech_topics.month_start_date as period_start,
    speech_topics.is_mature,
    speech_topics.dimension,
    speech_topics.member,
    speech_topics.topic,
    speech_topics.topic_call_count,
    speech_topics.topic_rate,
    speech_topics.negative_share,
    speech_topics.promise_rate,
    speech_topics.other_promise_rate,
    speech_topics.payment_rate,
    speech_topics.other_payment_rate,
    speech_topics.is_small_sample
from speech_topics
inner join shown_periods
    on
        shown_periods.period_grain = 'month'
        and speech_topics.month_start_date = shown_periods.period_start
where speech_topics.dimension in ('all', 'segment')
order by period_start, dimension, member, topic_call_count desc, topic
