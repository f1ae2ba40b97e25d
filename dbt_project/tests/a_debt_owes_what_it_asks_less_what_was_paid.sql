-- On as_of, the outstanding balance of a debt is all that was billed to it, less what
-- was credited and less the cash that went to it. Debts that an agreement rewrote, or
-- that were sold or recalled, owe by other rules.

with

clock as (

    select * from {{ ref('int_clock') }}

),

billed as (

    select
        instalments.contract_id,
        instalments.amount
    from {{ ref('stg_billing__instalments') }} as instalments
    inner join {{ ref('dim_contracts') }} as contracts
        on instalments.contract_id = contracts.contract_id
    where
        coalesce(
            instalments.issued_date,
            -- a negative one is a credit, and counts from its due date
            case when instalments.amount > 0 then contracts.originated_date end,
            instalments.due_date
        ) <= (select as_of from clock)

    union all

    select
        contract_id,
        case
            when adjustment_kind in ('fee', 'interest') then amount
            else -amount
        end as amount
    from {{ ref('stg_billing__adjustments') }}
    where
        adjustment_kind in ('fee', 'interest', 'waiver', 'discount', 'credit_note')
        and adjusted_date <= (select as_of from clock)

    union all

    select
        contract_id,
        -debt_amount as amount
    from {{ ref('fct_allocations') }}
    where contract_id is not null

),

balances as (

    select
        contract_id,
        greatest(sum(amount), 0) as balance_amount
    from billed
    group by contract_id

),

rewritten as (

    select contract_id from {{ ref('int_agreement_shares') }}
    union
    select contract_id from {{ ref('int_debt_exits') }}
    where is_sold or is_recalled

),

owed as (

    select
        contract_id,
        outstanding_amount
    from {{ ref('fct_debt_periods') }}
    where valid_to_date = (select as_of from clock)

)

select
    owed.contract_id,
    owed.outstanding_amount,
    balances.balance_amount
from owed
left join balances on owed.contract_id = balances.contract_id
left join rewritten on owed.contract_id = rewritten.contract_id
where
    rewritten.contract_id is null
    and owed.outstanding_amount != coalesce(balances.balance_amount, 0)
