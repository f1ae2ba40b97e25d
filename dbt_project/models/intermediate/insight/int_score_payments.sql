-- One row per decision day, payment that had been made by then and not undone, as known
-- on the day, and contract it is for.

with

days as (

    select * from {{ ref('int_score_days') }}

),

payment_versions as (

    {{ delivered_versions('payment', 'payments') }}

),

allocation_versions as (

    {{ delivered_versions('payment', 'allocations') }}

),

instalment_versions as (

    {{ delivered_versions('billing', 'instalments') }}

),

contracts as (

    select * from {{ ref('int_score_contracts') }}

),

-- what undoes a payment belongs to it, whatever its own id
movements as (

    select
        case
            when lower(status) = 'cleared' then payment_id
            else coalesce(original_payment_id, payment_id)
        end as payment_id,
        lower(status) as payment_status,
        {{ read_as('amount', 'decimal(18, 2)') }} as amount,
        {{ instant('status_at') }} as status_at,
        {{ business_date('status_at') }} as status_date,
        contract_id,
        instalment_id,
        agreement_id,
        customer_id,
        known_from_date,
        known_to_date
    from payment_versions
    where lower(status) in ('cleared', 'reversed', 'charged_back', 'refunded')

),

-- a payment is in force where the last thing that befell it whole was its clearing
payments as (

    select
        days.decision_date,
        movements.payment_id,
        max(movements.status_date) filter (where movements.payment_status = 'cleared')
            as paid_date,
        max(movements.contract_id) filter (where movements.payment_status = 'cleared')
            as contract_id,
        max(movements.instalment_id) filter (where movements.payment_status = 'cleared')
            as instalment_id,
        max(movements.agreement_id) filter (where movements.payment_status = 'cleared')
            as agreement_id,
        max(movements.customer_id) filter (where movements.payment_status = 'cleared')
            as customer_id,
        max(movements.amount) filter (where movements.payment_status = 'cleared')
            as cleared_amount,
        coalesce(
            sum(abs(movements.amount)) filter (
                where movements.payment_status = 'refunded'
            ),
            0
        ) as refunded_amount,
        max(movements.status_at) filter (where movements.payment_status = 'cleared')
            as cleared_at,
        max(movements.status_at) filter (
            where movements.payment_status in ('reversed', 'charged_back')
        ) as undone_at
    from movements
    inner join days
        on
            {{ is_version_of('movements') }}
            and movements.status_date <= days.decision_date
    group by days.decision_date, movements.payment_id

),

in_force as (

    select
        payments.*,
        payments.cleared_amount - payments.refunded_amount as amount
    from payments
    where
        payments.cleared_amount > payments.refunded_amount
        and (payments.undone_at is null or payments.undone_at < payments.cleared_at)

),

only_contracts as (

    select
        decision_date,
        customer_id,
        min(contract_id) as contract_id
    from contracts
    group by decision_date, customer_id
    having count(*) = 1

),

-- the ways to a debt, in the order of their precedence
ways as (

    select
        in_force.decision_date,
        in_force.payment_id,
        in_force.paid_date,
        allocation_versions.contract_id,
        in_force.amount * least(
            {{ ratio(
                read_as('allocation_versions.amount', 'decimal(18, 2)'),
                'in_force.cleared_amount'
            ) }},
            1
        ) as amount,
        1 as precedence
    from in_force
    inner join days on in_force.decision_date = days.decision_date
    inner join allocation_versions
        on
            in_force.payment_id = allocation_versions.payment_id
            and {{ is_version_of('allocation_versions') }}

    union all

    select
        decision_date,
        payment_id,
        paid_date,
        contract_id,
        amount,
        2 as precedence
    from in_force
    where contract_id is not null

    union all

    select
        in_force.decision_date,
        in_force.payment_id,
        in_force.paid_date,
        instalment_versions.contract_id,
        in_force.amount,
        3 as precedence
    from in_force
    inner join days on in_force.decision_date = days.decision_date
    inner join instalment_versions
        on
            in_force.instalment_id = instalment_versions.instalment_id
            and {{ is_version_of('instalment_versions') }}
    where in_force.contract_id is null

    union all

    select
        in_force.decision_date,
        in_force.payment_id,
        in_force.paid_date,
        agreements.contract_id,
        in_force.amount * agreements.agreement_share as amount,
        4 as precedence
    from in_force
    inner join {{ ref('int_score_agreements') }} as agreements
        on
            in_force.decision_date = agreements.decision_date
            and in_force.agreement_id = agreements.agreement_id
    where in_force.contract_id is null and in_force.instalment_id is null

    union all

    select
        in_force.decision_date,
        in_force.payment_id,
        in_force.paid_date,
        only_contracts.contract_id,
        in_force.amount,
        5 as precedence
    from in_force
    left join {{ ref('int_score_customers') }} as customers
        on
            in_force.decision_date = customers.decision_date
            and in_force.customer_id = customers.customer_id
    inner join only_contracts
        on
            in_force.decision_date = only_contracts.decision_date
            and coalesce(customers.golden_customer_id, in_force.customer_id)
            = only_contracts.customer_id
    where
        in_force.contract_id is null
        and in_force.instalment_id is null
        and in_force.agreement_id is null

),

targets as (

    select *
    from ways
    qualify precedence = min(precedence) over (partition by decision_date, payment_id)

)

select
    targets.decision_date,
    targets.payment_id,
    targets.contract_id,
    contracts.customer_id,
    targets.paid_date,
    cast(targets.amount as decimal(18, 2)) as amount
from targets
inner join contracts
    on
        targets.decision_date = contracts.decision_date
        and targets.contract_id = contracts.contract_id
