-- One row per customer with a debt, open or past: what all debts together owe at the
-- end of as_of. The amounts are in the currency of the debts; where they are in
-- several, in the reporting currency at the rate of as_of, NULL where one has no rate.

with

clock as (

    select * from {{ ref('int_clock') }}

),

debts as (

    select
        *,
        case when is_in_balance then outstanding_amount else 0 end as balance_amount,
        case when is_in_balance then overdue_amount else 0 end
            as overdue_balance_amount,
        case when is_in_balance then 0 else outstanding_amount end as written_off_amount
    from {{ ref('fct_debt_periods') }}
    where valid_to_date = (select as_of from clock)

),

rates as (

    select * from {{ ref('int_fx_rates') }}
    where rate_date = (select as_of from clock)

),

-- a currency in which nothing is owed needs no rate

by_currency as (

    select
        customer_id,
        currency,
        sum(outstanding_amount) as owed_amount,
        sum(balance_amount) as outstanding_amount,
        sum(overdue_balance_amount) as overdue_amount,
        sum(written_off_amount) as written_off_amount,
        sum(disputed_amount) as disputed_amount
    from debts
    where outstanding_amount > 0
    group by customer_id, currency

),

currencies as (

    select
        customer_id,
        count(*) as currency_count,
        min(currency) as only_currency,
        {{ listed(
            "currency || ' ' || cast(cast(owed_amount as decimal(18, 2)) as string)",
            'currency'
        ) }} as owed_by_currency
    from by_currency
    group by customer_id

),

converted as (

    select
        by_currency.*,
        currencies.owed_by_currency,
        case
            when currencies.currency_count = 1 then currencies.only_currency
            else '{{ var("reporting_currency") }}'
        end as case_currency,
        case when currencies.currency_count = 1 then 1 else rates.rate end as rate
    from by_currency
    inner join currencies on by_currency.customer_id = currencies.customer_id
    left join rates on by_currency.currency = rates.currency

),

owed as (

    select
        customer_id,
        case_currency as currency,
        owed_by_currency,
        -- an amount without a rate is not known, and so is no sum with it
        count(*) = count(rate) as is_rated,
        sum(outstanding_amount * rate) as outstanding_amount,
        sum(overdue_amount * rate) as overdue_amount,
        sum(written_off_amount * rate) as written_off_amount,
        sum(disputed_amount * rate) as disputed_amount
    from converted
    group by customer_id, case_currency, owed_by_currency

),

counted as (

    select
        customer_id,
        count(*) as debt_count,
        count(*) filter (where balance_amount > 0) as open_debt_count,
        count(*) filter (where overdue_balance_amount > 0) as overdue_debt_count,
        count(*) filter (where written_off_amount > 0) as written_off_debt_count,
        count(*) filter (where disputed_amount > 0) as disputed_debt_count,
        min(oldest_unpaid_due_date) filter (where overdue_balance_amount > 0)
            as oldest_unpaid_due_date,
        {{ listed_once('stage', 'outstanding_amount > 0') }} as debt_stages
    from debts
    group by customer_id

),

dated as (

    select
        *,
        coalesce(
            {{ days_between('oldest_unpaid_due_date', '(select as_of from clock)') }}, 0
        ) as days_past_due
    from counted

)

select
    dated.customer_id,

    -- debts
    dated.debt_count,
    dated.open_debt_count,
    dated.overdue_debt_count,
    dated.written_off_debt_count,
    dated.disputed_debt_count,
    dated.debt_stages,

    -- money; who owes nothing owes nothing in any currency
    owed.currency,
    owed.owed_by_currency,
    case
        when owed.customer_id is null then 0
        when owed.is_rated then cast(owed.outstanding_amount as decimal(18, 2))
    end as outstanding_amount,
    case
        when owed.customer_id is null then 0
        when owed.is_rated then cast(owed.overdue_amount as decimal(18, 2))
    end as overdue_amount,
    case
        when owed.customer_id is null then 0
        when owed.is_rated then cast(owed.written_off_amount as decimal(18, 2))
    end as written_off_amount,
    case
        when owed.customer_id is null then 0
        when owed.is_rated then cast(owed.disputed_amount as decimal(18, 2))
    end as disputed_amount,

    -- age
    dated.oldest_unpaid_due_date,
    dated.days_past_due,
    buckets.ageing_bucket
from dated
left join owed on dated.customer_id = owed.customer_id
left join {{ ref('dim_ageing_buckets') }} as buckets
    on
        dated.days_past_due >= buckets.from_days_past_due
        and dated.days_past_due <= buckets.to_days_past_due
