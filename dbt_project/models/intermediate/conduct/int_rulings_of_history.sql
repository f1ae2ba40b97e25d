-- One row per contact of ours, made or planned, and conduct rule about what came before
-- it: how often there was contact, how long after a conversation, on what channels.
-- Planned contacts follow the ones made, and none follows another.

with

attempts as (

    select
        *,
        coalesce(started_at, timestamp '9999-12-30 00:00:00') as judged_at
    from {{ ref('int_contact_attempts') }}

),

-- what a rule counts by: the debts a contact is about, or its customer

subjects as (

    select
        attempt_id,
        'debt' as scope,
        debt_id as subject_id
    from {{ ref('int_attempts_by_debt') }}

    union all

    select
        attempt_id,
        'customer' as scope,
        customer_id as subject_id
    from attempts
    where customer_id is not null

),

ruled as (

    select
        *,
        coalesce(started_at, timestamp '9999-12-30 00:00:00') as judged_at
    from {{ ref('int_contacts_ruled') }}

),

capped as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        ruled.customer_id,
        subjects.subject_id,
        ruled.is_planned,
        ruled.judged_at,
        ruled.local_date,
        ruled.max_contacts,
        ruled.within_days
    from ruled
    inner join subjects
        on ruled.attempt_id = subjects.attempt_id and ruled.scope = subjects.scope
    where ruled.rule_kind = 'frequency_cap'

),

numbered as (

    select
        *,
        sum(case when is_planned then 0 else 1 end) over (
            partition by conduct_rule, customer_id, subject_id
            order by is_planned, judged_at, attempt_id
            rows between unbounded preceding and current row
        ) + case when is_planned then 1 else 0 end as contact_number
    from capped

),

-- one too many: the contact that is as many before as are permitted is within the days

too_often as (

    select
        numbered.attempt_id,
        numbered.conduct_rule,
        count(earlier.attempt_id) > 0 as is_breach,
        max(earlier.local_date) as since_date,
        cast(null as string) as observed,
        cast(null as string) as permitted
    from numbered
    left join numbered as earlier
        on
            numbered.conduct_rule = earlier.conduct_rule
            and numbered.customer_id = earlier.customer_id
            and numbered.subject_id = earlier.subject_id
            and numbered.contact_number - numbered.max_contacts = earlier.contact_number
            and {{ days_between('earlier.local_date', 'numbered.local_date') }}
            < numbered.within_days
    group by numbered.attempt_id, numbered.conduct_rule

),

conversed as (

    select
        subjects.attempt_id,
        subjects.scope,
        max(case when attempts.is_conversation then attempts.local_date end) over (
            partition by subjects.scope, attempts.customer_id, subjects.subject_id
            order by attempts.judged_at, attempts.attempt_id
            rows between unbounded preceding and 1 preceding
        ) as conversation_date
    from attempts
    inner join subjects on attempts.attempt_id = subjects.attempt_id

),

last_talks as (

    select
        attempt_id,
        scope,
        max(conversation_date) as conversation_date
    from conversed
    group by attempt_id, scope

),

-- the day of the conversation is the first of the days

too_soon as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        coalesce(
            {{ days_between('last_talks.conversation_date', 'ruled.local_date') }}
            < ruled.within_days,
            false
        ) as is_breach,
        last_talks.conversation_date as since_date,
        cast(null as string) as observed,
        cast(null as string) as permitted
    from ruled
    left join last_talks
        on
            ruled.attempt_id = last_talks.attempt_id
            and ruled.scope = last_talks.scope
    where ruled.rule_kind = 'after_conversation'

),

first_of_weeks as (

    select
        customer_id,
        {{ period_start('week', 'local_date') }} as week_start_date,
        min(judged_at) as first_at,
        min_by(medium, judged_at) as medium,
        min(local_date) as local_date
    from attempts
    where is_direct_contact
    group by customer_id, {{ period_start('week', 'local_date') }}

),

on_several_channels as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        coalesce(
            ruled.judged_at > first_of_weeks.first_at
            and ruled.medium != first_of_weeks.medium,
            false
        ) as is_breach,
        first_of_weeks.local_date as since_date,
        cast(null as string) as observed,
        first_of_weeks.medium as permitted
    from ruled
    left join first_of_weeks
        on
            ruled.customer_id = first_of_weeks.customer_id
            and {{ period_start('week', 'ruled.local_date') }}
            = first_of_weeks.week_start_date
    where ruled.rule_kind = 'one_channel_a_week'

),

first_of_days as (

    select
        customer_id,
        local_date,
        min(judged_at) as first_at
    from attempts
    where is_direct_contact
    group by customer_id, local_date

),

twice_a_day as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        coalesce(ruled.judged_at > first_of_days.first_at, false) as is_breach,
        first_of_days.local_date as since_date,
        cast(null as string) as observed,
        cast(null as string) as permitted
    from ruled
    left join first_of_days
        on
            ruled.customer_id = first_of_days.customer_id
            and ruled.local_date = first_of_days.local_date
    where ruled.rule_kind = 'one_contact_a_day'

)

{% for ruling in ['too_often', 'too_soon', 'on_several_channels', 'twice_a_day'] -%}
select * from {{ ruling }}
{{ 'union all' if not loop.last }}
{% endfor %}
