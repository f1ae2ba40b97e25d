-- One row per debt, schedule (contractual, or an agreement that replaced it) and day on
-- which anything changes: all that had been asked and paid by the end of that day.
--
-- Two bases of cash run side by side: booked (a reversal on its own day) and restated
-- (a reversal cancels the payment on the payment's day). before_cash figures leave out
-- the cash of that very day, on restated cash all but what was paid out again. What was
-- paid includes what was credited without cash.

with

clock as (

    select * from {{ ref('int_clock') }}

),

obligations as (

    select * from {{ ref('int_obligations_scheduled') }}

),

allocations as (

    select
        contract_id,
        booked_date,
        sum(debt_amount) as amount,
        sum(restated_debt_amount) as restated_amount,
        sum(greatest(restated_debt_amount, 0)) as restated_in_amount
    from {{ ref('fct_allocations') }}
    where contract_id is not null
    group by contract_id, booked_date

),

shares as (

    select * from {{ ref('int_agreement_shares') }}

),

-- each obligation once, in the newest version of its schedule
current_obligations as (

    select *
    from obligations
    qualify version_from_date = max(version_from_date) over (
        partition by contract_id, schedule_id
    )

),

changes as (

    select
        contract_id,
        schedule_id,
        in_force_date as calendar_date,
        amount as in_force_amount,
        0 as fallen_due_amount,
        0 as credit_amount,
        0 as cash_amount,
        0 as restated_cash_amount,
        0 as restated_cash_in_amount
    from current_obligations

    union all

    select
        contract_id,
        schedule_id,
        greatest({{ add_days('due_date', 1) }}, in_force_date) as calendar_date,
        0 as in_force_amount,
        amount as fallen_due_amount,
        0 as credit_amount,
        0 as cash_amount,
        0 as restated_cash_amount,
        0 as restated_cash_in_amount
    from current_obligations

    union all

    -- the days on which a debt reaches the days past due of entry into collection
    select
        contract_id,
        schedule_id,
        {{ add_days('due_date', var('collection_entry_dpd')) }} as calendar_date,
        0 as in_force_amount,
        0 as fallen_due_amount,
        0 as credit_amount,
        0 as cash_amount,
        0 as restated_cash_amount,
        0 as restated_cash_in_amount
    from current_obligations
    where schedule_id = 'contractual' and {{ var('collection_entry_dpd') }} > 1

    union all

    select
        contract_id,
        'contractual' as schedule_id,
        credited_date as calendar_date,
        0 as in_force_amount,
        0 as fallen_due_amount,
        credit_amount,
        0 as cash_amount,
        0 as restated_cash_amount,
        0 as restated_cash_in_amount
    from {{ ref('int_debt_credits') }}

    union all

    select
        contract_id,
        'contractual' as schedule_id,
        booked_date as calendar_date,
        0 as in_force_amount,
        0 as fallen_due_amount,
        0 as credit_amount,
        amount as cash_amount,
        restated_amount as restated_cash_amount,
        restated_in_amount as restated_cash_in_amount
    from allocations

    union all

    select
        shares.contract_id,
        shares.agreement_id as schedule_id,
        allocations.booked_date as calendar_date,
        0 as in_force_amount,
        0 as fallen_due_amount,
        0 as credit_amount,
        allocations.amount as cash_amount,
        allocations.restated_amount as restated_cash_amount,
        allocations.restated_in_amount as restated_cash_in_amount
    from shares
    inner join allocations
        on
            shares.contract_id = allocations.contract_id
            and shares.activated_date <= allocations.booked_date

    union all

    -- days on which nothing changes but what the debt is asked by
    select
        contract_id,
        'contractual' as schedule_id,
        calendar_date,
        0 as in_force_amount,
        0 as fallen_due_amount,
        0 as credit_amount,
        0 as cash_amount,
        0 as restated_cash_amount,
        0 as restated_cash_in_amount
    from (
        select
            contract_id,
            stated_entry_date as calendar_date
        from {{ ref('dim_contracts') }}
        union all
        select
            contract_id,
            exit_date as calendar_date
        from {{ ref('int_debt_exits') }}
        union all
        select
            contract_id,
            activated_date as calendar_date
        from shares
        union all
        select
            contract_id,
            replaced_until_date as calendar_date
        from shares
        union all
        select
            contract_id,
            {{ add_days('due_date', 1) }} as calendar_date
        from current_obligations
        where schedule_id != 'contractual'
    ) as other_days
    where calendar_date is not null

),

daily as (

    select
        contract_id,
        schedule_id,
        calendar_date,
        sum(in_force_amount) as in_force_amount,
        sum(fallen_due_amount) as fallen_due_amount,
        sum(credit_amount) as credit_amount,
        sum(cash_amount) as cash_amount,
        sum(restated_cash_amount) as restated_cash_amount,
        sum(restated_cash_in_amount) as restated_cash_in_amount
    from changes
    where calendar_date <= (select as_of from clock)
    group by contract_id, schedule_id, calendar_date

)

select
    contract_id,
    schedule_id,
    calendar_date,
    sum(in_force_amount) over so_far as in_force_amount,
    sum(fallen_due_amount) over so_far as fallen_due_amount,
    sum(credit_amount + cash_amount) over so_far as paid_amount,
    (sum(credit_amount + cash_amount) over so_far) - cash_amount
        as paid_before_cash_amount,
    sum(credit_amount + restated_cash_amount) over so_far as restated_paid_amount,
    (sum(credit_amount + restated_cash_amount) over so_far) - restated_cash_in_amount
        as restated_paid_before_cash_amount
from daily
window so_far as (
    partition by contract_id, schedule_id order by calendar_date
    rows between unbounded preceding and current row
)
