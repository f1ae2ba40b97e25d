-- One row per instalment an agreement asks for.

with

delivered as (

    {{ delivered('billing', 'agreement_instalments') }}

)

select
    -- ids
    agreement_instalment_id,
    agreement_id,

    -- money
    try_cast(amount as decimal(18, 2)) as amount,

    -- when
    try_cast(due_date as date) as due_date

from delivered
