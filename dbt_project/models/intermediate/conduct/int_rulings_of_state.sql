-- One row per contact of ours, made or planned, and conduct rule about the state it
-- met: what the customer has said, the stage of the debts, the hour where the customer
-- lives. The hour of a planned contact is not judged: it is chosen among those
-- permitted.

with

ruled as (

    select
        *,
        coalesce(started_at, timestamp '9999-12-30 00:00:00') as judged_at
    from {{ ref('int_contacts_ruled') }}

),

business_days as (

    select * from {{ ref('int_business_days') }}

),

preferences as (

    select * from {{ ref('int_preferences_stated') }}

),

opted_out as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        opt_outs.customer_id is not null
        and (
            ruled.is_planned
            or ruled.delay_business_days = 0
            or coalesce(business_days.business_day_number, 0)
            - coalesce(opt_out_days.business_day_number, 0)
            > ruled.delay_business_days
        ) as is_breach,
        opt_outs.opted_out_date as since_date,
        cast(null as string) as observed,
        cast(null as string) as permitted
    from ruled
    left join {{ ref('int_opt_outs') }} as opt_outs
        on
            ruled.customer_id = opt_outs.customer_id
            and ruled.channel = opt_outs.channel
            and ruled.judged_at >= opt_outs.valid_from_at
            and ruled.judged_at < opt_outs.valid_to_at
    left join business_days
        on
            ruled.country = business_days.country
            and ruled.local_date = business_days.calendar_date
    left join business_days as opt_out_days
        on
            ruled.country = opt_out_days.country
            and opt_outs.opted_out_date = opt_out_days.calendar_date
    where ruled.rule_kind = 'opted_out'

),

-- about a debt in the stage, or about debts that are all in it

debts_held as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        count(*) = count(by_debt.stage) filter (
            where {{ is_listed('by_debt.stage', 'ruled.stages') }}
        ) as is_breach,
        cast(null as date) as since_date,
        min(by_debt.stage) as observed,
        cast(null as string) as permitted
    from ruled
    inner join {{ ref('int_attempts_by_debt') }} as by_debt
        on ruled.attempt_id = by_debt.attempt_id
    where ruled.rule_kind = 'hold' and ruled.scope = 'debt'
    group by ruled.attempt_id, ruled.conduct_rule

),

customer_stages as (

    select
        contracts.customer_id,
        circumstances.stage,
        circumstances.valid_from_date,
        circumstances.valid_to_date
    from {{ ref('int_debt_circumstances') }} as circumstances
    inner join {{ ref('dim_contracts') }} as contracts
        on circumstances.contract_id = contracts.contract_id
    where circumstances.stage is not null

),

customers_held as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        count(customer_stages.stage) > 0 as is_breach,
        cast(null as date) as since_date,
        min(customer_stages.stage) as observed,
        cast(null as string) as permitted
    from ruled
    left join customer_stages
        on
            ruled.customer_id = customer_stages.customer_id
            and ruled.local_date >= customer_stages.valid_from_date
            and ruled.local_date <= customer_stages.valid_to_date
            and {{ is_listed('customer_stages.stage', 'ruled.stages') }}
    where ruled.rule_kind = 'hold' and ruled.scope = 'customer'
    group by ruled.attempt_id, ruled.conduct_rule

),

permitted_hours as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        ruled.local_at,
        {{ hours_of('business_days.day_kind') }} as permitted
    from ruled
    left join business_days
        on
            ruled.country = business_days.country
            and ruled.local_date = business_days.calendar_date
    where ruled.rule_kind = 'permitted_hours' and not ruled.is_planned

),

out_of_permitted_hours as (

    select
        attempt_id,
        conduct_rule,
        -- the last hour ends on the stroke
        coalesce(
            hour(local_at) * 3600 + minute(local_at) * 60 + second(local_at)
            not between
            {{ first_minute('permitted') }} * 60
            and {{ last_minute('permitted') }} * 60,
            true
        ) as is_breach,
        cast(null as date) as since_date,
        {{ time_of_day('local_at') }} as observed,
        permitted
    from permitted_hours

),

out_of_stated_hours as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        {{ is_out_of_stated_hours(
            'hour(ruled.local_at)',
            'preferences.stated_from_hour',
            'preferences.stated_to_hour'
        ) }} as is_breach,
        cast(null as date) as since_date,
        {{ time_of_day('ruled.local_at') }} as observed,
        lpad(cast(coalesce(preferences.stated_from_hour, 0) as string), 2, '0')
        || ':00-'
        || lpad(cast(coalesce(preferences.stated_to_hour, 23) as string), 2, '0')
        || ':59' as permitted
    from ruled
    inner join preferences
        on
            ruled.customer_id = preferences.customer_id
            and ruled.channel = preferences.channel
            and ruled.judged_at >= preferences.valid_from_at
            and ruled.judged_at < preferences.valid_to_at
    where
        ruled.rule_kind = 'stated_hours'
        and not ruled.is_planned
        and (
            preferences.stated_from_hour is not null
            or preferences.stated_to_hour is not null
        )

),

-- who names no channel is contacted on any

on_another_channel as (

    select
        ruled.attempt_id,
        ruled.conduct_rule,
        count(*) filter (where preferences.channel = ruled.channel) = 0 as is_breach,
        cast(null as date) as since_date,
        cast(null as string) as observed,
        {{ listed_once('preferences.channel') }} as permitted
    from ruled
    inner join preferences
        on
            ruled.customer_id = preferences.customer_id
            and ruled.judged_at >= preferences.valid_from_at
            and ruled.judged_at < preferences.valid_to_at
    where
        ruled.rule_kind = 'stated_channel'
        and (preferences.is_opted_in or preferences.is_preferred)
    group by ruled.attempt_id, ruled.conduct_rule

)

{% for ruling in [
    'opted_out', 'debts_held', 'customers_held', 'out_of_permitted_hours',
    'out_of_stated_hours', 'on_another_channel',
] -%}
select * from {{ ruling }}
{{ 'union all' if not loop.last }}
{% endfor %}
