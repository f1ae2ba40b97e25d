-- One row per day and debt on which what is owed was lowered without cash (waivers,
-- discounts, credit notes, what a completed agreement forgives) or such a credit
-- undone.

with

clock as (

    select * from {{ ref('int_clock') }}

),

adjustments as (

    select
        contract_id,
        adjusted_date as credited_date,
        case
            when adjustment_kind in ('waiver', 'discount', 'credit_note') then amount
            else -amount
        end as credit_amount
    from {{ ref('stg_billing__adjustments') }}
    where
        adjustment_kind in ('waiver', 'discount', 'credit_note')
        or (adjustment_kind in ('fee', 'interest') and amount < 0)

),

negative_invoices as (

    select
        contract_id,
        coalesce(issued_date, due_date) as credited_date,
        -amount as credit_amount
    from {{ ref('stg_billing__instalments') }}
    where amount < 0

),

forgiven as (

    select
        contract_id,
        completed_date as credited_date,
        greatest(replaced_amount - agreed_amount, 0) as credit_amount
    from {{ ref('int_agreement_shares') }}
    where completed_date is not null

),

credits as (

    select * from adjustments
    union all
    select * from negative_invoices
    union all
    select * from forgiven

)

select
    contract_id,
    credited_date,
    cast(sum(credit_amount) as decimal(18, 2)) as credit_amount
from credits
where credited_date <= (select as_of from clock)
group by contract_id, credited_date
