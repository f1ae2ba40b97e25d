-- Month by month, and in every slice, the calls whose topics are told are the ones that
-- speech_coverage counts as heard; and what was heard of a call is told under a topic.

with

slices as (

    select distinct
        month_start_date,
        dimension,
        member,
        heard_call_count
    from {{ ref('speech_topics') }}

),

sides as (

    select
        month_start_date,
        dimension,
        member,
        heard_call_count as call_count
    from slices

    {%- for dimension in ['all', 'segment', 'team', 'campaign'] %}

    union all

    select
        {{ period_start('month', 'kpi_date') }} as month_start_date,
        '{{ dimension }}' as dimension,
        {% if dimension == 'all' -%} 'all'
        {%- else -%} coalesce({{ dimension }}, 'unknown')
        {%- endif %} as member,
        -numerator as call_count
    from {{ ref('kpi_speech_coverage') }}
    {%- endfor %}

),

topics as (

    select
        {{ period_start('month', 'contact_date') }} as month_start_date,
        coalesce(topic, 'no_topic') as topic,
        1 as call_count
    from {{ ref('fct_speech_results') }}
    where speech_status = 'counted'

    union all

    select
        month_start_date,
        topic,
        -topic_call_count as call_count
    from {{ ref('speech_topics') }}
    where dimension = 'all'

)

select
    month_start_date,
    dimension,
    member,
    sum(call_count) as call_count
from sides
group by month_start_date, dimension, member
having sum(call_count) != 0

union all

select
    month_start_date,
    'topic' as dimension,
    topic as member,
    sum(call_count) as call_count
from topics
group by month_start_date, topic
having sum(call_count) != 0
