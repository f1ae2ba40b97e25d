-- One row per contact, made or planned, and debt it is about: the contract it names,
-- else every debt of the customer with something overdue on that day. A contact about
-- no debt of which that is known is about the customer.

with

attempts as (

    select * from {{ ref('int_contact_attempts') }}
    where customer_id is not null

),

debts as (

    select * from {{ ref('fct_debt_periods') }}
    where overdue_amount > 0

),

clock as (

    select * from {{ ref('int_clock') }}

),

named as (

    select
        attempt_id,
        contract_id as debt_id,
        local_date
    from attempts
    where contract_id is not null

    union all

    select
        attempts.attempt_id,
        coalesce(debts.contract_id, attempts.customer_id) as debt_id,
        attempts.local_date
    from attempts
    left join debts
        on
            attempts.customer_id = debts.customer_id
            and least(attempts.local_date, (select as_of from clock))
            >= debts.valid_from_date
            and least(attempts.local_date, (select as_of from clock))
            <= debts.valid_to_date
    where attempts.contract_id is null

)

select
    named.attempt_id,
    named.debt_id,
    circumstances.stage
from named
left join {{ ref('int_debt_circumstances') }} as circumstances
    on
        named.debt_id = circumstances.contract_id
        and named.local_date >= circumstances.valid_from_date
        and named.local_date <= circumstances.valid_to_date
