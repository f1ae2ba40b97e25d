-- One row per debt and stay in collection, on restated cash, from the day of entry to
-- the day on which nothing is overdue any more or the debt is no longer ours.

with

states as (

    select * from {{ ref('int_debt_states') }}
    where schedule_id = 'contractual'

),

exits as (

    select * from {{ ref('int_debt_exits') }}

),

contracts as (

    select * from {{ ref('dim_contracts') }}

),

days as (

    select
        states.contract_id,
        states.calendar_date,
        contracts.stated_entry_date,
        states.restated_overdue_before_cash_amount as overdue_before_cash_amount,
        states.restated_days_past_due_before_cash as days_past_due_before_cash,
        states.restated_overdue_amount as overdue_amount,
        states.restated_outstanding_amount as outstanding_amount,
        states.restated_outstanding_before_cash_amount
            as outstanding_before_cash_amount,
        coalesce(exits.is_sold or exits.is_recalled, false) as has_left,
        coalesce(exits.is_sold, false) as is_sold
    from states
    inner join contracts on states.contract_id = contracts.contract_id
    left join exits
        on
            states.contract_id = exits.contract_id
            and states.calendar_date >= exits.exit_date
            and states.calendar_date < exits.next_exit_date

),

-- a stated entry may come before anything is overdue: the debt then waits for it
waited as (

    select
        *,
        coalesce(
            calendar_date >= stated_entry_date
            and calendar_date < coalesce(
                min(
                    case
                        when
                            calendar_date >= stated_entry_date
                            and overdue_before_cash_amount > 0
                            then calendar_date
                    end
                ) over (partition by contract_id),
                date '9999-12-31'
            ),
            false
        ) as is_waiting
    from days

),

cleared as (

    select
        *,
        has_left
        or (overdue_amount = 0 and (not is_waiting or outstanding_amount = 0))
            as is_clear
    from waited

),

-- everything up to and with a clear day is one stretch
stretches as (

    select
        *,
        coalesce(
            sum(case when is_clear then 1 else 0 end) over (
                partition by contract_id order by calendar_date
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as stretch_number,
        coalesce(
            lag(has_left) over (partition by contract_id order by calendar_date), false
        ) as had_left
    from cleared

),

entry_days as (

    select
        contract_id,
        stretch_number,
        coalesce(
            min(
                case
                    when
                        calendar_date = stated_entry_date
                        and outstanding_before_cash_amount > 0
                        then calendar_date
                end
            ),
            min(
                case
                    when
                        overdue_before_cash_amount > 0
                        and days_past_due_before_cash
                        >= {{ var('collection_entry_dpd') }}
                        then calendar_date
                end
            )
        ) as entry_date
    from stretches
    where not (has_left and had_left)
    group by contract_id, stretch_number

),

exit_days as (

    select
        contract_id,
        stretch_number,
        max(case when is_clear then calendar_date end) as exit_date,
        max(case when has_left and is_sold then 1 else 0 end) = 1 as is_sold,
        max(case when has_left then 1 else 0 end) = 1 as has_left
    from stretches
    group by contract_id, stretch_number

)

select
    stretches.contract_id || ':' || stretches.calendar_date as episode_id,
    stretches.contract_id,
    stretches.calendar_date as entry_date,
    exit_days.exit_date,
    case
        when exit_days.is_sold then 'debt_sale'
        when exit_days.has_left then 'recall'
        when exit_days.exit_date is not null then 'cleared'
    end as exit_reason,
    stretches.days_past_due_before_cash as entry_days_past_due,
    case
        when stretches.overdue_before_cash_amount > 0
            then stretches.overdue_before_cash_amount
        else stretches.outstanding_before_cash_amount
    end as exposure_amount
from entry_days
inner join stretches
    on
        entry_days.contract_id = stretches.contract_id
        and entry_days.entry_date = stretches.calendar_date
inner join exit_days
    on
        entry_days.contract_id = exit_days.contract_id
        and entry_days.stretch_number = exit_days.stretch_number
