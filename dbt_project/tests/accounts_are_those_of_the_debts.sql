-- At every month's end the accounts with a balance, and those overdue, are the accounts
-- of such debts, each once.

with

days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

of_debts as (

    select
        days.calendar_date,
        count(distinct debts.account_id) as account_count,
        count(distinct debts.account_id) filter (where debts.overdue_amount > 0)
            as overdue_count
    from days
    inner join {{ ref('fct_debt_periods') }} as debts
        on
            days.calendar_date >= debts.valid_from_date
            and days.calendar_date <= debts.valid_to_date
    where debts.is_in_balance and debts.outstanding_amount > 0
    group by days.calendar_date

),

of_accounts as (

    select
        days.calendar_date,
        count(*) as account_count,
        count(*) filter (where account_spans.is_delinquent) as overdue_count
    from days
    inner join {{ ref('int_account_spans') }} as account_spans
        on
            days.calendar_date >= account_spans.valid_from_date
            and days.calendar_date <= account_spans.valid_to_date
    group by days.calendar_date

)

select
    coalesce(of_debts.calendar_date, of_accounts.calendar_date) as calendar_date,
    of_debts.account_count,
    of_accounts.account_count as spanned_account_count,
    of_debts.overdue_count,
    of_accounts.overdue_count as spanned_overdue_count
from of_debts
full outer join of_accounts on of_debts.calendar_date = of_accounts.calendar_date
where
    of_debts.account_count is distinct from of_accounts.account_count
    or of_debts.overdue_count is distinct from of_accounts.overdue_count
