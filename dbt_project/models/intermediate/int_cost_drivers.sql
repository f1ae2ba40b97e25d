-- One row per month with shared costs, driver and what drives it in that month: the
-- weights from weight_before to weight_after of weight_total are its share.
--
-- Minutes of talk, hold and wrap-up fall on voice and the teams of the agents; messages
-- sent on their channels; the days accounts were overdue on the portfolios.

with

cost_months as (

    select distinct
        driver,
        {{ period_start('month', 'cost_date') }} as month_start_date
    from {{ ref('stg_billing__costs') }}
    where driver in ('minutes', 'messages', 'accounts')

),

agent_minutes as (

    select
        {{ period_start('month', 'agent_days.work_date') }} as month_start_date,
        agents.team,
        sum(
            {%- for minutes in ['talk_minutes', 'hold_minutes', 'wrap_minutes'] %}
            coalesce(cast(agent_days.{{ minutes }} as decimal(18, 2)), 0)
            {{- ' +' if not loop.last }}
            {%- endfor %}
        ) as minutes
    from {{ ref('stg_contact__agent_days') }} as agent_days
    left join {{ ref('dim_agents') }} as agents
        on
            agent_days.agent_id = agents.agent_id
            and agent_days.work_date >= agents.valid_from_date
            and agent_days.work_date <= agents.valid_to_date
    where agent_days.work_date <= (select as_of from {{ ref('int_clock') }})
    group by {{ period_start('month', 'agent_days.work_date') }}, agents.team

),

-- where no agent's minutes were delivered, the calls say how long they took
call_minutes as (

    select
        {{ period_start('month', 'contact_date') }} as month_start_date,
        team,
        sum(duration_seconds) as seconds
    from {{ ref('fct_contacts') }}
    where
        channel = 'voice'
        and {{ period_start('month', 'contact_date') }} not in (
            select month_start_date from agent_minutes
            where minutes > 0
        )
    group by {{ period_start('month', 'contact_date') }}, team

),

messages as (

    select
        {{ period_start('month', 'messages.sent_date') }} as month_start_date,
        contacts.channel,
        count(*) as message_count
    from {{ ref('int_messages_followed') }} as messages
    inner join {{ ref('fct_contacts') }} as contacts
        on messages.contact_id = contacts.contact_id
    where messages.is_sent and contacts.direction = 'outbound'
    group by {{ period_start('month', 'messages.sent_date') }}, contacts.channel

),

overdue_days as (

    select
        cost_months.month_start_date,
        account_spans.portfolio,
        sum(
            {{ days_between(
                'greatest(
                    account_spans.valid_from_date, cost_months.month_start_date
                )',
                'least(
                    account_spans.valid_to_date, last_day(cost_months.month_start_date)
                )'
            ) }} + 1
        ) as day_count
    from cost_months
    inner join {{ ref('int_account_spans') }} as account_spans
        on
            cost_months.month_start_date <= account_spans.valid_to_date
            and last_day(cost_months.month_start_date) >= account_spans.valid_from_date
    where cost_months.driver = 'accounts' and account_spans.is_delinquent
    group by cost_months.month_start_date, account_spans.portfolio

),

weights as (

    select
        'minutes' as driver,
        month_start_date,
        'voice' as channel,
        team,
        cast(null as string) as portfolio,
        {{ cents('minutes') }} as weight
    from agent_minutes

    union all

    select
        'minutes' as driver,
        month_start_date,
        'voice' as channel,
        team,
        cast(null as string) as portfolio,
        seconds as weight
    from call_minutes

    union all

    select
        'messages' as driver,
        month_start_date,
        channel,
        cast(null as string) as team,
        cast(null as string) as portfolio,
        message_count as weight
    from messages

    union all

    select
        'accounts' as driver,
        month_start_date,
        cast(null as string) as channel,
        cast(null as string) as team,
        portfolio,
        day_count as weight
    from overdue_days

),

cumulated as (

    select
        weights.*,
        sum(weights.weight) over (
            partition by weights.driver, weights.month_start_date
            order by
                weights.channel asc nulls last,
                weights.team asc nulls last,
                weights.portfolio asc nulls last
            rows between unbounded preceding and current row
        ) as weight_after,
        sum(weights.weight) over (
            partition by weights.driver, weights.month_start_date
        ) as weight_total
    from weights
    inner join cost_months
        on
            weights.driver = cost_months.driver
            and weights.month_start_date = cost_months.month_start_date
    where weights.weight > 0

)

select
    driver,
    month_start_date,
    channel,
    team,
    portfolio,
    weight_after - weight as weight_before,
    weight_after,
    weight_total
from cumulated
