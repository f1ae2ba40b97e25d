-- One row per debt, schedule and day on which anything changes: what was outstanding
-- and overdue at the end of that day, and since when.
--
-- The oldest unpaid obligation is the first whose cumulative amount exceeds what had
-- been paid: obligations and paid amounts are laid on one line of money, and each paid
-- amount looks ahead to the next obligation on it.

with

totals as (

    select * from {{ ref('int_debt_totals') }}

),

obligations as (

    select * from {{ ref('int_obligations_scheduled') }}

),

versions as (

    select
        contract_id,
        schedule_id,
        version_from_date,
        coalesce(
            lead(version_from_date) over (
                partition by contract_id, schedule_id order by version_from_date
            ),
            date '9999-12-31'
        ) as next_version_from_date
    from obligations
    group by contract_id, schedule_id, version_from_date

),

versioned_totals as (

    select
        totals.*,
        versions.version_from_date
    from totals
    inner join versions
        on
            totals.contract_id = versions.contract_id
            and totals.schedule_id = versions.schedule_id
            and totals.calendar_date >= versions.version_from_date
            and totals.calendar_date < versions.next_version_from_date

),

paid_amounts as (

    select
        contract_id,
        schedule_id,
        version_from_date,
        paid_amount
    from versioned_totals
    where fallen_due_amount > paid_amount

    union

    select
        contract_id,
        schedule_id,
        version_from_date,
        restated_paid_amount as paid_amount
    from versioned_totals
    where fallen_due_amount > restated_paid_amount

    union

    select
        contract_id,
        schedule_id,
        version_from_date,
        restated_paid_before_cash_amount as paid_amount
    from versioned_totals
    where fallen_due_amount > restated_paid_before_cash_amount

),

line_of_money as (

    select
        contract_id,
        schedule_id,
        version_from_date,
        cumulative_amount as position_amount,
        due_date,
        cumulative_amount - amount as settled_before_amount,
        0 as is_paid_amount
    from obligations

    union all

    select
        contract_id,
        schedule_id,
        version_from_date,
        paid_amount as position_amount,
        cast(null as date) as due_date,
        null as settled_before_amount,
        1 as is_paid_amount
    from paid_amounts

),

looked_ahead as (

    select
        contract_id,
        schedule_id,
        version_from_date,
        position_amount as paid_amount,
        is_paid_amount,
        min(due_date) over ahead as oldest_unpaid_due_date,
        min(settled_before_amount) over ahead as settled_before_amount
    from line_of_money
    window ahead as (
        partition by contract_id, schedule_id, version_from_date
        order by position_amount, is_paid_amount
        rows between current row and unbounded following
    )

),

oldest_unpaid as (

    select * from looked_ahead
    where is_paid_amount = 1

),

overdue as (

    select
        totals.*,
        {{ overdue_amount('totals.paid_amount', 'booked') }} as overdue_amount,
        booked.oldest_unpaid_due_date,
        {{ overdue_amount('totals.restated_paid_amount', 'restated') }}
            as restated_overdue_amount,
        restated.oldest_unpaid_due_date as restated_oldest_unpaid_due_date,
        {{ overdue_amount(
            'totals.restated_paid_before_cash_amount', 'restated_before'
        ) }} as restated_overdue_before_cash_amount,
        restated_before.oldest_unpaid_due_date
            as restated_oldest_unpaid_before_cash_due_date
    from versioned_totals as totals
    left join oldest_unpaid as booked
        on
            totals.contract_id = booked.contract_id
            and totals.schedule_id = booked.schedule_id
            and totals.version_from_date = booked.version_from_date
            and totals.paid_amount = booked.paid_amount
    left join oldest_unpaid as restated
        on
            totals.contract_id = restated.contract_id
            and totals.schedule_id = restated.schedule_id
            and totals.version_from_date = restated.version_from_date
            and totals.restated_paid_amount = restated.paid_amount
    left join oldest_unpaid as restated_before
        on
            totals.contract_id = restated_before.contract_id
            and totals.schedule_id = restated_before.schedule_id
            and totals.version_from_date = restated_before.version_from_date
            and totals.restated_paid_before_cash_amount = restated_before.paid_amount

)

select
    contract_id,
    schedule_id,
    calendar_date,

    -- on booked cash
    cast(greatest(in_force_amount - paid_amount, 0) as decimal(18, 2))
        as outstanding_amount,
    cast(overdue_amount as decimal(18, 2)) as overdue_amount,
    case when overdue_amount > 0 then oldest_unpaid_due_date end
        as oldest_unpaid_due_date,
    cast(
        greatest(fallen_due_amount - paid_before_cash_amount, 0) as decimal(18, 2)
    ) as overdue_before_cash_amount,

    -- on restated cash
    cast(greatest(in_force_amount - restated_paid_amount, 0) as decimal(18, 2))
        as restated_outstanding_amount,
    cast(
        greatest(in_force_amount - restated_paid_before_cash_amount, 0)
        as decimal(18, 2)
    ) as restated_outstanding_before_cash_amount,
    cast(restated_overdue_amount as decimal(18, 2)) as restated_overdue_amount,
    case when restated_overdue_amount > 0 then restated_oldest_unpaid_due_date end
        as restated_oldest_unpaid_due_date,
    cast(restated_overdue_before_cash_amount as decimal(18, 2))
        as restated_overdue_before_cash_amount,
    case
        when restated_overdue_before_cash_amount > 0
            then {{ days_between(
                'restated_oldest_unpaid_before_cash_due_date', 'calendar_date'
            ) }}
        else 0
    end as restated_days_past_due_before_cash
from overdue
