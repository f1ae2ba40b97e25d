-- One row per account and span of days (both ends included) with a balance: is any debt
-- of the account overdue? Spans of an account follow each other and never overlap, so
-- that an account of several debts counts once.

with

clock as (

    select * from {{ ref('int_clock') }}

),

-- an account belongs where its first contract does
accounts as (

    select *
    from {{ ref('dim_contracts') }}
    qualify
        row_number() over (
            partition by account_id
            order by originated_date asc nulls last, contract_id asc
        ) = 1

),

debt_states as (

    select
        contract_id,
        account_id,
        valid_from_date,
        case when is_in_balance and outstanding_amount > 0 then 1 else 0 end
            as has_balance,
        case when is_in_balance and overdue_amount > 0 then 1 else 0 end as is_overdue
    from {{ ref('fct_debt_periods') }}

),

-- a debt's periods leave no gaps: what counts is where they change
debt_changes as (

    select
        account_id,
        valid_from_date,
        has_balance - coalesce(lag(has_balance) over so_far, 0) as balance_change,
        is_overdue - coalesce(lag(is_overdue) over so_far, 0) as overdue_change
    from debt_states
    window so_far as (partition by contract_id order by valid_from_date)

),

account_changes as (

    select
        account_id,
        valid_from_date,
        sum(balance_change) as balance_change,
        sum(overdue_change) as overdue_change
    from debt_changes
    where balance_change != 0 or overdue_change != 0
    group by account_id, valid_from_date

),

account_states as (

    select
        account_id,
        valid_from_date,
        sum(balance_change) over so_far > 0 as has_balance,
        sum(overdue_change) over so_far > 0 as is_delinquent
    from account_changes
    window so_far as (
        partition by account_id order by valid_from_date
        rows between unbounded preceding and current row
    )

),

compared as (

    select
        *,
        lag(has_balance) over so_far as had_balance,
        lag(is_delinquent) over so_far as was_delinquent
    from account_states
    window so_far as (partition by account_id order by valid_from_date)

),

-- where it is now another debt that is overdue, nothing changes for the account
spans as (

    select
        *,
        coalesce(
            {{ add_days(
                'lead(valid_from_date) over (
                    partition by account_id order by valid_from_date
                )',
                -1
            ) }},
            (select as_of from clock)
        ) as valid_to_date
    from compared
    where
        has_balance is distinct from had_balance
        or is_delinquent is distinct from was_delinquent

)

select
    spans.account_id,
    spans.valid_from_date,
    spans.valid_to_date,
    spans.is_delinquent,
    accounts.portfolio,
    accounts.currency,
    accounts.segment,
    accounts.region
from spans
inner join accounts on spans.account_id = accounts.account_id
where spans.has_balance
