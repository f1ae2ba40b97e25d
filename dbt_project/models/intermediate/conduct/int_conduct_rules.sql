-- One row per conduct rule that is judged, span of days it holds and channel it is
-- about.

with

rules as (

    select * from {{ ref('conduct_rules') }}
    where is_judged

),

channels as (

    select distinct channel from {{ ref('fct_contacts') }}
    where channel is not null
    {%- for channel in var('queue_channels') %}
    union
    select '{{ channel }}' as channel
    {%- endfor %}

)

select
    rules.conduct_rule,
    rules.rule_kind,
    rules.valid_from_date,
    rules.valid_to_date,

    -- where it holds, NULL is everywhere
    rules.country,
    rules.region,
    channels.channel,

    -- what it says
    rules.scope,
    rules.stages,
    rules.max_contacts,
    rules.within_days,
    rules.outcomes_not_counted,
    rules.delay_business_days,
    rules.weekday_hours,
    rules.saturday_hours,
    rules.sunday_hours,
    rules.holiday_hours
from rules
inner join channels
    on
        rules.channels is null
        or {{ is_listed('channels.channel', 'rules.channels') }}
