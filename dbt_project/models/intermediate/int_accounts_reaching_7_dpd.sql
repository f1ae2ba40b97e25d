-- One row per account and stay in arrears in which it reached 7 days past due, on
-- restated cash. A stay lasts from the day any of its debts is overdue to the first day
-- on which none is: an agreement in force ends no arrears, and a debt sold or recalled
-- takes its own along, uncleared.

with

clock as (

    select * from {{ ref('int_clock') }}

),

exits as (

    select * from {{ ref('int_debt_exits') }}

),

-- the days of a debt to the next change of its state

states as (

    select
        states.contract_id,
        states.calendar_date,
        states.restated_overdue_amount,
        states.restated_overdue_before_cash_amount,
        states.restated_days_past_due_before_cash,
        states.restated_oldest_unpaid_due_date,
        coalesce(exits.is_sold or exits.is_recalled, false) as has_left,
        coalesce(
            lead(states.calendar_date) over (
                partition by states.contract_id order by states.calendar_date
            ),
            {{ add_days('(select as_of from clock)', 1) }}
        ) as next_date
    from {{ ref('int_debt_states') }} as states
    left join exits
        on
            states.contract_id = exits.contract_id
            and states.calendar_date >= exits.exit_date
            and states.calendar_date < exits.next_exit_date
    where states.schedule_id = 'contractual'

),

-- what the cash of a day clears was in arrears until then

arrears as (

    select
        *,
        case
            when restated_overdue_amount > 0 then next_date
            else calendar_date
        end as clear_date,
        restated_overdue_amount > 0
        and coalesce(
            lead(has_left) over (partition by contract_id order by calendar_date),
            false
        ) as leaves_overdue,
        case
            when restated_days_past_due_before_cash >= 7 then calendar_date
            when
                restated_overdue_amount > 0
                and {{ add_days('restated_oldest_unpaid_due_date', 7) }} < next_date
                then {{ add_days('restated_oldest_unpaid_due_date', 7) }}
        end as reached_7_dpd_date
    from states
    qualify
        not has_left
        and (restated_overdue_amount > 0 or restated_overdue_before_cash_amount > 0)

),

of_accounts as (

    select
        contracts.account_id,
        contracts.portfolio,
        contracts.product,
        contracts.creditor_brand,
        contracts.segment,
        contracts.region,
        contracts.birth_date,
        arrears.*,
        max(arrears.clear_date) over (
            partition by contracts.account_id
            order by arrears.calendar_date, arrears.contract_id
            rows between unbounded preceding and 1 preceding
        ) as clear_date_before
    from arrears
    inner join {{ ref('dim_contracts') }} as contracts
        on arrears.contract_id = contracts.contract_id

),

numbered as (

    select
        *,
        sum(case when calendar_date <= clear_date_before then 0 else 1 end) over (
            partition by account_id order by calendar_date, contract_id
            rows between unbounded preceding and current row
        ) as stay_number
    from of_accounts

),

stays as (

    select
        account_id,
        stay_number,
        max(clear_date) as clear_date,
        max(case when leaves_overdue then clear_date end) as left_date
    from numbered
    group by account_id, stay_number

),

-- by the debt that reached it first: the oldest of the account

reached as (

    select *
    from numbered
    where reached_7_dpd_date is not null
    qualify row_number() over (
        partition by account_id, stay_number order by reached_7_dpd_date, contract_id
    ) = 1

)

select
    reached.account_id,
    reached.reached_7_dpd_date,
    case
        when
            stays.clear_date <= (select as_of from clock)
            and coalesce(stays.left_date < reached.reached_7_dpd_date, true)
            then stays.clear_date
    end as cleared_date,
    reached.portfolio,
    reached.product,
    reached.creditor_brand,
    reached.segment,
    reached.region,
    {{ age_band('reached.birth_date', 'reached.reached_7_dpd_date') }} as age_band
from reached
inner join stays
    on
        reached.account_id = stays.account_id
        and reached.stay_number = stays.stay_number
