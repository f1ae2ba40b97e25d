-- One row per debt and stay in collection, on restated cash, from the day of entry to
-- the day on which nothing is overdue any more, the debt is no longer ours, or its
-- debtor is dead or bankrupt.
--
-- Death and bankruptcy end the stay, but not the debt: it is asked of the estate, stays
-- in the balances and in its cohort, and what is paid on it is still recovered.

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
        coalesce(
            exits.is_sold
            or exits.is_recalled
            or exits.is_deceased
            or exits.is_bankrupt,
            false
        ) as has_left,
        exits.is_sold,
        exits.is_recalled,
        exits.is_deceased,
        exits.is_bankrupt
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

reasoned as (

    select
        *,
        case
            when is_sold then 'debt_sale'
            when is_recalled then 'recall'
            when overdue_amount = 0 and (not is_waiting or outstanding_amount = 0)
                then 'cleared'
            when is_deceased then 'deceased'
            when is_bankrupt then 'bankrupt'
        end as exit_reason
    from waited

),

-- everything up to and with a day that ends it is one stretch
stretches as (

    select
        *,
        count(exit_reason) over (
            partition by contract_id order by calendar_date
            rows between unbounded preceding and 1 preceding
        ) as stretch_number,
        coalesce(
            lag(has_left) over (partition by contract_id order by calendar_date), false
        ) as had_left
    from reasoned

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
        calendar_date as exit_date,
        exit_reason
    from stretches
    where exit_reason is not null

)

select
    stretches.contract_id || ':' || stretches.calendar_date as episode_id,
    stretches.contract_id,
    stretches.calendar_date as entry_date,
    exit_days.exit_date,
    exit_days.exit_reason,
    case
        when exit_days.exit_reason in ('deceased', 'bankrupt')
            then {{ add_days(
                'lead(stretches.calendar_date) over (
                    partition by stretches.contract_id order by stretches.calendar_date
                )',
                -1
            ) }}
        else exit_days.exit_date
    end as recovered_until_date,
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
left join exit_days
    on
        entry_days.contract_id = exit_days.contract_id
        and entry_days.stretch_number = exit_days.stretch_number
