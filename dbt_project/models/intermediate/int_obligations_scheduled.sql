-- One row per debt, schedule it is asked to pay by, and obligation on it, in the order
-- in which they are paid (oldest due first), with what is to be paid up to it.
--
-- A debt has its contractual schedule (schedule_id contractual) and one for every
-- agreement that replaced it. An obligation that comes into force after its own due
-- date and after others (a late bill) would stand in the order before it is there; the
-- schedule then has a version from each such day on. Nearly every schedule has one
-- version.

with

clock as (

    select * from {{ ref('int_clock') }}

),

contracts as (

    select * from {{ ref('dim_contracts') }}

),

instalments as (

    select
        instalments.contract_id,
        instalments.instalment_id as obligation_id,
        'instalment' as obligation_kind,
        instalments.instalment_number as obligation_number,
        instalments.due_date,
        coalesce(
            instalments.issued_date, contracts.originated_date, instalments.due_date
        ) as in_force_date,
        instalments.amount
    from {{ ref('stg_billing__instalments') }} as instalments
    inner join contracts on instalments.contract_id = contracts.contract_id

),

charges as (

    select
        adjustments.contract_id,
        adjustments.adjustment_id as obligation_id,
        adjustments.adjustment_kind as obligation_kind,
        cast(null as bigint) as obligation_number,
        coalesce(adjustments.due_date, adjustments.adjusted_date) as due_date,
        adjustments.adjusted_date as in_force_date,
        adjustments.amount
    from {{ ref('stg_billing__adjustments') }} as adjustments
    inner join contracts on adjustments.contract_id = contracts.contract_id
    where adjustments.adjustment_kind in ('fee', 'interest')

),

contractual as (

    select * from instalments
    union all
    select * from charges

),

dated as (

    select
        *,
        in_force_date > due_date
        and in_force_date > min(in_force_date) over (partition by contract_id)
            as is_billed_late
    from contractual
    where amount > 0 and in_force_date <= (select as_of from clock)

),

versions as (

    select distinct
        contract_id,
        in_force_date as version_from_date
    from dated
    where is_billed_late

    union all

    select distinct
        contract_id,
        date '0001-01-01' as version_from_date
    from dated

),

contractual_versions as (

    select
        dated.contract_id,
        'contractual' as schedule_id,
        versions.version_from_date,
        dated.obligation_id,
        dated.obligation_kind,
        dated.obligation_number,
        dated.due_date,
        dated.in_force_date,
        dated.amount
    from dated
    inner join versions
        on
            dated.contract_id = versions.contract_id
            and (
                not dated.is_billed_late
                or dated.in_force_date <= versions.version_from_date
            )

),

agreement_instalments as (

    select
        *,
        sum(amount) over (
            partition by agreement_id order by due_date, agreement_instalment_id
            rows between unbounded preceding and current row
        ) as cumulative_amount
    from {{ ref('stg_billing__agreement_instalments') }}

),

agreed as (

    select
        agreement_shares.contract_id,
        agreement_shares.agreement_id as schedule_id,
        date '0001-01-01' as version_from_date,
        instalments.agreement_instalment_id as obligation_id,
        'agreement_instalment' as obligation_kind,
        cast(null as bigint) as obligation_number,
        instalments.due_date,
        agreement_shares.activated_date as in_force_date,
        {{ share_amount_in_turn(
            'instalments.amount',
            'instalments.cumulative_amount',
            'agreement_shares.weight_before * agreement_shares.currency_rate',
            'agreement_shares.weight_after * agreement_shares.currency_rate',
            '(agreement_shares.weight_total * agreement_shares.debt_rate)'
        ) }} as amount
    from {{ ref('int_agreement_shares') }} as agreement_shares
    inner join agreement_instalments as instalments
        on agreement_shares.agreement_id = instalments.agreement_id

),

all_schedules as (

    select * from contractual_versions
    union all
    select * from agreed
    where amount > 0

),

-- only here does a due date move to a business day, where the calendar says so
moved as (

    select
        all_schedules.contract_id,
        all_schedules.schedule_id,
        all_schedules.version_from_date,
        all_schedules.obligation_id,
        all_schedules.obligation_kind,
        all_schedules.obligation_number,
        coalesce(due_dates_moved.moved_due_date, all_schedules.due_date) as due_date,
        all_schedules.due_date as original_due_date,
        all_schedules.in_force_date,
        all_schedules.amount
    from all_schedules
    left join {{ ref('int_due_dates_moved') }} as due_dates_moved
        on all_schedules.due_date = due_dates_moved.due_date

)

select
    *,
    sum(amount) over (
        partition by contract_id, schedule_id, version_from_date
        order by due_date asc, obligation_number asc nulls last, obligation_id asc
        rows between unbounded preceding and current row
    ) as cumulative_amount
from moved
