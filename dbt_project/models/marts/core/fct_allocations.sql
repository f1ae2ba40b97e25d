-- One row per cash movement and debt it goes to, and one for what of it goes to none
-- (contract_id is NULL). The rows of a movement always add up to it, in its currency.
--
-- A debt takes no more than it asks for, in its own currency; the excess is the
-- customer's credit. Cash that cannot be told in the debt's currency, for want of a
-- rate, is left unapplied.

with

cash as (

    select * from {{ ref('fct_cash') }}

),

contracts as (

    select * from {{ ref('dim_contracts') }}

),

parts as (

    select
        *,
        debt_amount is not null as has_rate
    from {{ ref('int_cash_parts') }}

),

-- cash that came before a credit is not undone by it
credits as (

    select
        contract_id,
        credited_date,
        coalesce(
            lead(credited_date) over (partition by contract_id order by credited_date),
            date '9999-12-31'
        ) as next_credited_date,
        sum(credit_amount) over (
            partition by contract_id order by credited_date
            rows between unbounded preceding and current row
        ) as amount
    from {{ ref('int_debt_credits') }}

),

obligations as (

    select
        contract_id,
        max(cumulative_amount) as amount
    from {{ ref('int_obligations_scheduled') }}
    where schedule_id = 'contractual'
    group by contract_id

),

-- what an agreement asks beyond what it replaces
surcharges as (

    select
        contract_id,
        sum(greatest(agreed_amount - replaced_amount, 0)) as amount
    from {{ ref('int_agreement_shares') }}
    where completed_date is not null or replaced_until_date = date '9999-12-31'
    group by contract_id

),

cumulated as (

    select
        parts.*,
        greatest(
            coalesce(obligations.amount, 0)
            + coalesce(surcharges.amount, 0)
            - coalesce(credits.amount, 0),
            0
        ) as asked_amount,
        sum(parts.debt_amount) over debt_so_far as cumulative_amount,
        sum(parts.restated_debt_amount) over debt_so_far as cumulative_restated_amount
    from parts
    left join obligations on parts.contract_id = obligations.contract_id
    left join surcharges on parts.contract_id = surcharges.contract_id
    left join credits
        on
            parts.contract_id = credits.contract_id
            and parts.booked_date >= credits.credited_date
            and parts.booked_date < credits.next_credited_date
    where parts.is_ours and parts.has_rate
    window debt_so_far as (
        partition by parts.contract_id order by parts.booked_at, parts.cash_id
        rows between unbounded preceding and current row
    )

),

capped as (

    select
        *,
        least(
            cumulative_amount,
            max(least(cumulative_amount, asked_amount)) over debt_so_far
        ) as applied_amount,
        least(
            cumulative_restated_amount,
            max(least(cumulative_restated_amount, asked_amount)) over debt_so_far
        ) as applied_restated_amount
    from cumulated
    window debt_so_far as (
        partition by contract_id order by booked_at, cash_id
        rows between unbounded preceding and current row
    )

),

taken as (

    select
        *,
        applied_amount - lag(applied_amount, 1, 0) over debt as taken_amount,
        applied_restated_amount - lag(applied_restated_amount, 1, 0) over debt
            as taken_restated_amount
    from capped
    window debt as (partition by contract_id order by booked_at, cash_id)

),

-- what the debt took, back in the currency of the cash
applied as (

    select
        cash_id,
        contract_id,
        allocation_basis,
        amount as part_amount,
        restated_amount as part_restated_amount,
        case
            when taken_amount = debt_amount then amount
            else {{ share_amount('taken_amount', '0', 'debt_rate', 'currency_rate') }}
        end as amount,
        case
            when taken_restated_amount = restated_debt_amount then restated_amount
            else {{ share_amount(
                'taken_restated_amount', '0', 'debt_rate', 'currency_rate'
            ) }}
        end as restated_amount,
        taken_amount as debt_amount,
        taken_restated_amount as restated_debt_amount
    from taken

),

allocations as (

    select
        cash_id,
        contract_id,
        allocation_basis,
        amount,
        restated_amount,
        debt_amount,
        restated_debt_amount
    from applied

    union all

    select
        cash_id,
        cast(null as string) as contract_id,
        'customer_credit' as allocation_basis,
        part_amount - amount as amount,
        part_restated_amount - restated_amount as restated_amount,
        0 as debt_amount,
        0 as restated_debt_amount
    from applied

    union all

    select
        cash_id,
        cast(null as string) as contract_id,
        case when is_ours then 'no_rate' else 'not_ours' end as allocation_basis,
        amount,
        restated_amount,
        0 as debt_amount,
        0 as restated_debt_amount
    from parts
    where not (is_ours and has_rate)

    union all

    select
        cash.cash_id,
        cast(null as string) as contract_id,
        case
            when count(parts.cash_id) = 0 then 'no_debt_found'
            else 'not_allocated'
        end as allocation_basis,
        cash.amount - coalesce(sum(parts.amount), 0) as amount,
        cash.restated_amount - coalesce(sum(parts.restated_amount), 0)
            as restated_amount,
        0 as debt_amount,
        0 as restated_debt_amount
    from cash
    left join parts on cash.cash_id = parts.cash_id
    group by cash.cash_id, cash.amount, cash.restated_amount

),

-- who has the credit: who paid, else who owes the debt

payers as (

    select
        cash.cash_id,
        coalesce(merged.golden_customer_id, cash.customer_id) as customer_id
    from cash
    left join {{ ref('int_customers_merged') }} as merged
        on cash.customer_id = merged.customer_id
    where cash.movement_kind = 'payment'

),

debtors as (

    select
        parts.cash_id,
        min(contracts.customer_id) as customer_id
    from parts
    inner join payers on parts.cash_id = payers.cash_id
    inner join contracts on parts.contract_id = contracts.contract_id
    where payers.customer_id is null
    group by parts.cash_id

),

summed as (

    select
        cash_id,
        contract_id,
        allocation_basis,
        cast(sum(amount) as decimal(18, 2)) as amount,
        cast(sum(restated_amount) as decimal(18, 2)) as restated_amount,
        cast(sum(debt_amount) as decimal(18, 2)) as debt_amount,
        cast(sum(restated_debt_amount) as decimal(18, 2)) as restated_debt_amount
    from allocations
    where
        amount != 0
        or restated_amount != 0
        or debt_amount != 0
        or restated_debt_amount != 0
    group by cash_id, contract_id, allocation_basis

)

select
    summed.cash_id || ':' || coalesce(summed.contract_id, summed.allocation_basis)
        as allocation_id,
    summed.cash_id,
    cash.payment_id,
    cash.movement_kind,
    summed.contract_id,
    coalesce(contracts.customer_id, payers.customer_id, debtors.customer_id)
        as customer_id,
    summed.allocation_basis,
    summed.allocation_basis != 'not_ours' as is_ours,
    cash.booked_date,
    cash.booked_at,
    cash.has_booked_time,

    -- in the currency of the cash
    summed.amount,
    summed.restated_amount,
    cash.currency,

    -- in that of the debt
    case when summed.contract_id is not null then summed.debt_amount end as debt_amount,
    case when summed.contract_id is not null then summed.restated_debt_amount end
        as restated_debt_amount,
    contracts.currency as debt_currency,

    cash.payment_method,
    cash.payment_channel
from summed
inner join cash on summed.cash_id = cash.cash_id
left join payers on cash.cleared_cash_id = payers.cash_id
left join debtors on cash.cleared_cash_id = debtors.cash_id
left join contracts on summed.contract_id = contracts.contract_id
