-- One row per cash movement and debt it is for: the part that is, in its own currency
-- and in the debt's. What a movement leaves over, or that is for no debt, has no row.
--
-- Cash goes where its source says, else to the contract, instalment or agreement it
-- names, else to the only contract of its customer; what undoes a payment goes where
-- the payment went, at the payment's rate, so that it takes back what the payment gave.

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

agreement_shares as (

    select * from {{ ref('int_agreement_shares') }}

),

rates as (

    select * from {{ ref('int_fx_rates') }}

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
    inner join agreement_shares on cleared.agreement_id = agreement_shares.agreement_id

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
        cash.currency,
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
        shared.cleared_cash_id,
        shared.contract_id,
        shared.booked_at,
        shared.booked_date,
        shared.currency,
        shared.allocation_basis,
        cleared.agreement_id,
        cleared.booked_date as cleared_date,
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

-- most cash is in the currency of its debt; what is paid on an agreement in that of the
-- agreement is worth what it was when the debt was agreed

foreign_parts as (

    select
        parts.cash_id,
        parts.contract_id,
        parts.amount,
        parts.restated_amount,
        case
            when agreement_shares.currency = parts.currency
                then agreement_shares.currency_rate
            else {{ rate_units(rate_of('parts.currency', 'cash_rates')) }}
        end as currency_rate,
        case
            when agreement_shares.currency = parts.currency
                then agreement_shares.debt_rate
            else {{ rate_units(rate_of('contracts.currency', 'debt_rates')) }}
        end as debt_rate,
        sum(parts.amount) over (
            partition by parts.cleared_cash_id, parts.contract_id
            order by parts.booked_at, parts.cash_id
            rows between unbounded preceding and current row
        ) as cumulative_amount
    from parts
    inner join contracts
        on
            parts.contract_id = contracts.contract_id
            and parts.currency != contracts.currency
    left join agreement_shares
        on
            parts.agreement_id = agreement_shares.agreement_id
            and parts.contract_id = agreement_shares.contract_id
    left join rates as cash_rates
        on
            parts.currency = cash_rates.currency
            and parts.cleared_date = cash_rates.rate_date
    left join rates as debt_rates
        on
            contracts.currency = debt_rates.currency
            and parts.cleared_date = debt_rates.rate_date

),

exchanged as (

    select
        cash_id,
        contract_id,
        currency_rate,
        debt_rate,
        {{ share_amount_in_turn(
            'amount', 'cumulative_amount', '0', 'currency_rate', 'debt_rate'
        ) }} as debt_amount,
        {{ share_amount('restated_amount', '0', 'currency_rate', 'debt_rate') }}
            as restated_debt_amount
    from foreign_parts

)

select
    parts.cash_id,
    parts.cleared_cash_id,
    parts.contract_id,
    parts.booked_at,
    parts.booked_date,
    parts.allocation_basis,
    parts.is_ours,

    -- in its currency
    parts.amount,
    parts.restated_amount,

    -- in the debt's
    case when exchanged.cash_id is null then parts.amount else exchanged.debt_amount end
        as debt_amount,
    case
        when exchanged.cash_id is null then parts.restated_amount
        else exchanged.restated_debt_amount
    end as restated_debt_amount,
    case when exchanged.cash_id is null then 1 else exchanged.currency_rate end
        as currency_rate,
    case when exchanged.cash_id is null then 1 else exchanged.debt_rate end as debt_rate
from parts
left join exchanged
    on
        parts.cash_id = exchanged.cash_id
        and parts.contract_id = exchanged.contract_id
