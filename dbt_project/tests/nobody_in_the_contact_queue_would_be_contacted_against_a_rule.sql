-- Were everybody in the contact queue contacted at the hour and on the channel it says,
-- no conduct rule would be broken: asked of each kind of rule by looking back at what
-- was said, done and delivered, not by the way contacts are judged.

with

clock as (

    select * from {{ ref('int_clock') }}

),

queue as (

    select
        queue.customer_id,
        queue.queue_date,
        queue.recommended_channel as channel,
        queue.recommended_hour,
        coalesce(customers.country, '{{ var("default_country") }}') as country,
        customers.region
    from {{ ref('contact_queue') }} as queue
    inner join {{ ref('dim_customers') }} as customers
        on queue.customer_id = customers.customer_id

),

ruled as (

    select
        queue.*,
        rules.conduct_rule,
        rules.rule_kind,
        rules.channels,
        rules.scope,
        rules.stages,
        rules.max_contacts,
        rules.within_days,
        coalesce(rules.outcomes_not_counted, '') as outcomes_not_counted,
        case
            when holidays.holiday_date is not null then rules.holiday_hours
            when {{ iso_weekday('queue.queue_date') }} <= 5 then rules.weekday_hours
            when {{ iso_weekday('queue.queue_date') }} = 6 then rules.saturday_hours
            else rules.sunday_hours
        end as hours_of_the_day
    from queue
    inner join {{ ref('conduct_rules') }} as rules
        on
            queue.queue_date between rules.valid_from_date and rules.valid_to_date
            and queue.country = coalesce(rules.country, queue.country)
            and coalesce(queue.region, '-') = coalesce(rules.region, queue.region, '-')
            and strpos(coalesce(rules.channels, queue.channel), queue.channel) > 0
    left join {{ ref('holidays') }} as holidays
        on
            queue.country = holidays.country
            and queue.queue_date = holidays.holiday_date
    where rules.is_judged

),

-- days from each contact to that of the queue, on the customer's calendar

contacts as (

    select
        contacts.*,
        cast(
            {{ local_time('contacts.started_at', 'customers.time_zone') }} as date
        ) as local_date
    from {{ ref('fct_contacts') }} as contacts
    left join {{ ref('dim_customers') }} as customers
        on contacts.customer_id = customers.customer_id

),

debts as (

    select
        contract_id,
        customer_id,
        stage
    from {{ ref('fct_debt_periods') }}
    where
        overdue_amount > 0
        and valid_to_date = (select as_of from clock)

),

-- what each customer was contacted about that is overdue now

since as (

    select
        ruled.customer_id,
        ruled.conduct_rule,
        ruled.rule_kind,
        ruled.max_contacts,
        case when ruled.scope = 'debt' then debts.contract_id end as debt_id,
        contacts.contact_id,
        contacts.direction,
        contacts.is_right_party_call
    from ruled
    inner join debts on ruled.customer_id = debts.customer_id
    inner join contacts
        on
            ruled.customer_id = contacts.customer_id
            and (ruled.scope = 'customer' or debts.contract_id = contacts.contract_id)
            and {{ days_between('contacts.local_date', 'ruled.queue_date') }}
            between 0 and ruled.within_days - 1
            and strpos(ruled.channels, contacts.channel) > 0
            and strpos(ruled.outcomes_not_counted, coalesce(contacts.outcome, '-')) = 0

),

broken as (

    select
        customer_id,
        conduct_rule
    from ruled
    where
        rule_kind = 'permitted_hours'
        and (
            hours_of_the_day is null
            or lpad(cast(recommended_hour as string), 2, '0') || ':00'
            < substr(hours_of_the_day, 1, 5)
            or lpad(cast(recommended_hour + 1 as string), 2, '0') || ':00'
            > substr(hours_of_the_day, 7, 5)
        )

    union all

    select
        ruled.customer_id,
        ruled.conduct_rule
    from ruled
    inner join {{ ref('customer_case') }} as cases
        on ruled.customer_id = cases.customer_id
    where
        ruled.rule_kind = 'opted_out'
        and strpos(cases.opted_out_channels, ruled.channel) > 0

    union all

    select
        ruled.customer_id,
        ruled.conduct_rule
    from ruled
    inner join debts on ruled.customer_id = debts.customer_id
    where ruled.rule_kind = 'hold'
    group by ruled.customer_id, ruled.conduct_rule, ruled.scope
    having
        count(case when strpos(ruled.stages, debts.stage) > 0 then 1 end)
        >= case when ruled.scope = 'customer' then 1 else count(*) end

    union all

    select
        ruled.customer_id,
        ruled.conduct_rule
    from ruled
    inner join {{ ref('int_preferences_stated') }} as stated
        on
            ruled.customer_id = stated.customer_id
            and ruled.channel = stated.channel
    where
        ruled.rule_kind = 'stated_hours'
        and stated.valid_to_at = timestamp '9999-12-31 00:00:00'
        and coalesce(stated.stated_from_hour, 0) <= coalesce(stated.stated_to_hour, 23)
        and ruled.recommended_hour
        not between coalesce(stated.stated_from_hour, 0)
        and coalesce(stated.stated_to_hour, 23)

    union all

    select
        customer_id,
        conduct_rule
    from since
    where rule_kind = 'frequency_cap' and direction = 'outbound'
    group by customer_id, conduct_rule, debt_id, max_contacts
    having count(distinct contact_id) >= max_contacts

    union all

    select
        customer_id,
        conduct_rule
    from since
    where rule_kind = 'after_conversation' and is_right_party_call

    union all

    -- all direct contacts of a week were on other channels

    select
        ruled.customer_id,
        ruled.conduct_rule
    from ruled
    inner join contacts
        on
            ruled.customer_id = contacts.customer_id
            and {{ period_start('week', 'ruled.queue_date') }}
            = {{ period_start('week', 'contacts.local_date') }}
    where
        ruled.rule_kind = 'one_channel_a_week'
        and contacts.is_contacted
        and (
            contacts.is_right_party_call
            or (not contacts.is_call and contacts.direction = 'outbound')
        )
    group by ruled.customer_id, ruled.conduct_rule, ruled.channel
    having
        count(
            case
                when
                    contacts.channel = ruled.channel
                    or (contacts.is_call and ruled.channel in ('voice', 'ivr'))
                    then 1
            end
        ) = 0

)

select distinct
    customer_id,
    conduct_rule
from broken
