-- One row per customer with something overdue at the end of as_of, written off or not:
-- how much in the reporting currency and since when, less the debts nobody is contacted
-- about.

with

clock as (

    select * from {{ ref('int_clock') }}

),

-- by a rule per debt, on the day of the queue

held as (

    select distinct by_debt.debt_id
    from {{ ref('int_contacts_ruled') }} as ruled
    inner join {{ ref('int_attempts_by_debt') }} as by_debt
        on ruled.attempt_id = by_debt.attempt_id
    where
        ruled.is_planned
        and ruled.rule_kind = 'hold'
        and ruled.scope = 'debt'
        and {{ is_listed('by_debt.stage', 'ruled.stages') }}

),

debts as (

    select
        periods.customer_id,
        periods.oldest_unpaid_due_date,
        periods.overdue_amount * rates.rate as overdue_amount,
        held.debt_id is null as is_contacted_about
    from {{ ref('fct_debt_periods') }} as periods
    left join {{ ref('int_fx_rates') }} as rates
        on
            periods.currency = rates.currency
            and rates.rate_date = (select as_of from clock)
    left join held on periods.contract_id = held.debt_id
    where
        periods.overdue_amount > 0
        and periods.valid_to_date = (select as_of from clock)

),

-- who has no other debt than such has them all

overdue as (

    select
        *,
        count(*) filter (where is_contacted_about) over (partition by customer_id) = 0
            as is_held,
        {{ days_between('oldest_unpaid_due_date', '(select as_of from clock)') }}
            as days_past_due
    from debts

)

select
    overdue.customer_id,
    customers.segment,
    {{ age_band('customers.birth_date', '(select as_of from clock)') }} as age_band,
    {{ customer_country('customers.country') }} as country,
    customers.region,
    case
        when customers.time_zone in ({{ time_zone_names() }}) then customers.time_zone
        else '{{ var("business_time_zone") }}'
    end as time_zone,
    -- an amount without a rate is not known, and so is no sum with it
    case
        when count(*) = count(overdue.overdue_amount)
            then cast(sum(overdue.overdue_amount) as decimal(18, 2))
    end as overdue_amount,
    max(overdue.days_past_due) as days_past_due
from overdue
left join {{ ref('dim_customers') }} as customers
    on overdue.customer_id = customers.customer_id
where overdue.is_contacted_about or overdue.is_held
group by
    overdue.customer_id,
    customers.segment,
    customers.birth_date,
    customers.country,
    customers.region,
    customers.time_zone
