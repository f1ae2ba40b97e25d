-- One row per instalment, fee or interest of a debt on its contractual schedule: the
-- day on which restated cash and credits, oldest due first, had covered it (NULL while
-- they have not), and whether it was cash or a credit that did.

with

obligations as (

    select *
    from {{ ref('int_obligations_scheduled') }}
    where schedule_id = 'contractual'
    qualify version_from_date = max(version_from_date) over (partition by contract_id)

),

payments as (

    select
        contract_id,
        booked_date as paid_date,
        restated_debt_amount as amount,
        1 as is_cash
    from {{ ref('fct_allocations') }}
    where contract_id is not null and restated_debt_amount != 0

    union all

    select
        contract_id,
        credited_date as paid_date,
        credit_amount as amount,
        0 as is_cash
    from {{ ref('int_debt_credits') }}

),

-- a day's credits count before its cash
paid as (

    select
        contract_id,
        paid_date,
        is_cash,
        sum(amount) as amount
    from payments
    group by contract_id, paid_date, is_cash

),

cumulated as (

    select
        *,
        sum(amount) over (
            partition by contract_id order by paid_date, is_cash
            rows between unbounded preceding and current row
        ) as cumulative_amount
    from paid

),

-- what a day had covered and no undone credit uncovered again
lasting as (

    select
        contract_id,
        paid_date,
        is_cash,
        min(cumulative_amount) over (
            partition by contract_id order by paid_date, is_cash
            rows between current row and unbounded following
        ) as cumulative_amount
    from cumulated

),

line_of_money as (

    select
        contract_id,
        cumulative_amount as position_amount,
        0 as is_payment,
        obligation_id,
        cast(null as date) as paid_date,
        cast(null as int) as paid_order
    from obligations

    union all

    select
        contract_id,
        cumulative_amount as position_amount,
        1 as is_payment,
        cast(null as string) as obligation_id,
        paid_date,
        -- days since 1900, doubled, so that one number orders credit before cash
        {{ days_between("date '1900-01-01'", 'paid_date') }} * 2 + is_cash as paid_order
    from lasting

),

looked_ahead as (

    select
        contract_id,
        obligation_id,
        is_payment,
        min(paid_order) over (
            partition by contract_id order by position_amount, is_payment
            rows between current row and unbounded following
        ) as paid_order
    from line_of_money

)

select
    obligations.contract_id,
    obligations.obligation_id,
    obligations.obligation_kind,
    obligations.due_date,
    obligations.original_due_date,
    obligations.in_force_date,
    obligations.amount,
    row_number() over (
        partition by obligations.contract_id
        order by
            obligations.due_date asc,
            obligations.obligation_number asc nulls last,
            obligations.obligation_id asc
    ) as obligation_position,
    {{ add_days("date '1900-01-01'", whole_quotient('looked_ahead.paid_order', 2)) }}
        as settled_date,
    mod(looked_ahead.paid_order, 2) = 1 as is_settled_by_cash
from obligations
inner join looked_ahead
    on
        obligations.contract_id = looked_ahead.contract_id
        and obligations.obligation_id = looked_ahead.obligation_id
        and looked_ahead.is_payment = 0
