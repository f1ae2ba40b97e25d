-- One row per cash movement and debt it goes to, and one for what of it goes to none
-- (contract_id is NULL). The rows of a movement always add up to it.
--
-- Cash goes where its source says, else to the contract, instalment or agreement it
-- names, else to the only contract of its customer; what undoes a payment goes where
-- the payment went. A debt takes no more than it asks for; the excess is the customer's
-- credit.

with

cash as (

    select * from {{ ref('fct_cash') }}

),

contracts as (

    select * from {{ ref('dim_contracts') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

exits as (

    select * from {{ ref('int_debt_exits') }}
    where is_sold or is_recalled

),

only_contracts as (

    select
        customer_id,
        min(contract_id) as contract_id
    from contracts
    group by customer_id
    having count(*) = 1

),

cleared as (

    select
        cash.cash_id,
        cash.payment_id,
        cash.booked_date,
        cash.amount,
        cash.agreement_id,
        cash.contract_id is null
        and cash.instalment_id is null
        and cash.agreement_id is null as is_unnamed,
        coalesce(cash.contract_id, instalments.contract_id) as named_contract_id,
        coalesce(merged.golden_customer_id, cash.customer_id) as customer_id
    from cash
    left join {{ ref('stg_billing__instalments') }} as instalments
        on cash.instalment_id = instalments.instalment_id
    left join merged on cash.customer_id = merged.customer_id
    where cash.movement_kind = 'payment'

),

by_source as (

    select
        cleared.cash_id,
        cleared.amount,
        allocations.contract_id,
        {{ cents('sum(allocations.amount)') }} as weight
    from cleared
    inner join {{ ref('stg_payment__allocations') }} as allocations
        on cleared.payment_id = allocations.payment_id
    inner join contracts on allocations.contract_id = contracts.contract_id
    where allocations.amount > 0
    group by cleared.cash_id, cleared.amount, allocations.contract_id

),

by_source_cumulated as (

    select
        *,
        sum(weight) over (
            partition by cash_id order by contract_id
            rows between unbounded preceding and current row
        ) as weight_after,
        sum(weight) over (partition by cash_id) as weight_allocated
    from by_source

),

-- the ways to a debt, in the order of their precedence

ways as (

    select
        cash_id,
        cash_id as shared_by,
        contract_id,
        weight_after - weight as weight_before,
        weight_after,
        greatest(weight_allocated, {{ cents('amount') }}) as weight_total,
        'source' as allocation_basis,
        1 as precedence
    from by_source_cumulated

    union all

    select
        cleared.cash_id,
        cleared.cash_id as shared_by,
        cleared.named_contract_id as contract_id,
        0 as weight_before,
        1 as weight_after,
        1 as weight_total,
        'contract' as allocation_basis,
        2 as precedence
    from cleared
    inner join contracts on cleared.named_contract_id = contracts.contract_id

    union all

    select
        cleared.cash_id,
        agreement_shares.agreement_id as shared_by,
        agreement_shares.contract_id,
        agreement_shares.weight_before,
        agreement_shares.weight_after,
        agreement_shares.weight_total,
        'agreement' as allocation_basis,
        3 as precedence
    from cleared
    inner join {{ ref('int_agreement_shares') }} as agreement_shares
        on cleared.agreement_id = agreement_shares.agreement_id

    union all

    select
        cleared.cash_id,
        cleared.cash_id as shared_by,
        only_contracts.contract_id,
        0 as weight_before,
        1 as weight_after,
        1 as weight_total,
        'only_contract' as allocation_basis,
        4 as precedence
    from cleared
    inner join only_contracts on cleared.customer_id = only_contracts.customer_id
    where cleared.is_unnamed

),

targets as (

    select *
    from ways
    qualify precedence = min(precedence) over (partition by cash_id)

),

-- the movements that are shared by the same weights, in their turn

shared as (

    select
        cash.cash_id,
        cash.cleared_cash_id,
        cash.booked_at,
        cash.booked_date,
        cash.amount,
        cash.restated_amount,
        targets.contract_id,
        targets.weight_before,
        targets.weight_after,
        targets.weight_total,
        targets.allocation_basis,
        sum(cash.amount) over in_turn as cumulative_amount,
        sum(cash.restated_amount) over in_turn as cumulative_restated_amount
    from cash
    inner join targets on cash.cleared_cash_id = targets.cash_id
    window in_turn as (
        partition by targets.shared_by, targets.contract_id
        order by cash.booked_at, cash.cash_id
        rows between unbounded preceding and current row
    )

),

parts as (

    select
        shared.cash_id,
        shared.contract_id,
        shared.booked_at,
        shared.booked_date,
        shared.allocation_basis,
        {{ share_amount_in_turn(
            'shared.amount', 'shared.cumulative_amount',
            'shared.weight_before', 'shared.weight_after', 'shared.weight_total'
        ) }} as amount,
        {{ share_amount_in_turn(
            'shared.restated_amount', 'shared.cumulative_restated_amount',
            'shared.weight_before', 'shared.weight_after', 'shared.weight_total'
        ) }} as restated_amount,
        exits.contract_id is null as is_ours
    from shared
    inner join cleared on shared.cleared_cash_id = cleared.cash_id
    left join exits
        on
            shared.contract_id = exits.contract_id
            and cleared.booked_date > exits.exit_date
            and cleared.booked_date <= exits.next_exit_date

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
        sum(parts.amount) over debt_so_far as cumulative_amount,
        sum(parts.restated_amount) over debt_so_far as cumulative_restated_amount
    from parts
    left join obligations on parts.contract_id = obligations.contract_id
    left join surcharges on parts.contract_id = surcharges.contract_id
    left join credits
        on
            parts.contract_id = credits.contract_id
            and parts.booked_date >= credits.credited_date
            and parts.booked_date < credits.next_credited_date
    where parts.is_ours
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

applied as (

    select
        cash_id,
        contract_id,
        allocation_basis,
        amount as part_amount,
        restated_amount as part_restated_amount,
        applied_amount - lag(applied_amount, 1, 0) over debt as amount,
        applied_restated_amount
        - lag(applied_restated_amount, 1, 0) over debt as restated_amount
    from capped
    window debt as (partition by contract_id order by booked_at, cash_id)

),

allocations as (

    select
        cash_id,
        contract_id,
        allocation_basis,
        amount,
        restated_amount
    from applied

    union all

    select
        cash_id,
        cast(null as string) as contract_id,
        'customer_credit' as allocation_basis,
        part_amount - amount as amount,
        part_restated_amount - restated_amount as restated_amount
    from applied

    union all

    select
        cash_id,
        cast(null as string) as contract_id,
        'not_ours' as allocation_basis,
        amount,
        restated_amount
    from parts
    where not is_ours

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
            as restated_amount
    from cash
    left join parts on cash.cash_id = parts.cash_id
    group by cash.cash_id, cash.amount, cash.restated_amount

),

-- who has the credit of cash that names no payer: who owes the debt
debtors as (

    select
        targets.cash_id,
        min(contracts.customer_id) as customer_id
    from targets
    inner join cleared on targets.cash_id = cleared.cash_id
    inner join contracts on targets.contract_id = contracts.contract_id
    where cleared.customer_id is null
    group by targets.cash_id

),

summed as (

    select
        cash_id,
        contract_id,
        allocation_basis,
        cast(sum(amount) as decimal(18, 2)) as amount,
        cast(sum(restated_amount) as decimal(18, 2)) as restated_amount
    from allocations
    where amount != 0 or restated_amount != 0
    group by cash_id, contract_id, allocation_basis

)

select
    summed.cash_id || ':' || coalesce(summed.contract_id, summed.allocation_basis)
        as allocation_id,
    summed.cash_id,
    cash.payment_id,
    cash.movement_kind,
    summed.contract_id,
    coalesce(contracts.customer_id, cleared.customer_id, debtors.customer_id)
        as customer_id,
    summed.allocation_basis,
    summed.allocation_basis != 'not_ours' as is_ours,
    cash.booked_date,
    cash.booked_at,
    cash.has_booked_time,
    summed.amount,
    summed.restated_amount,
    cash.currency,
    cash.payment_method,
    cash.payment_channel
from summed
inner join cash on summed.cash_id = cash.cash_id
left join cleared on cash.cleared_cash_id = cleared.cash_id
left join debtors on cash.cleared_cash_id = debtors.cash_id
left join contracts on summed.contract_id = contracts.contract_id
