-- The contracts an agreement replaced are asked, instalment by instalment, all that the
-- agreement asks. What it asks in their currency, if it is another, is another amount.

with

in_one_currency as (

    select agreement_id
    from {{ ref('int_agreement_shares') }}
    group by agreement_id
    having sum(case when currency_rate = 1 and debt_rate = 1 then 0 else 1 end) = 0

),

sides as (

    select
        obligation_id,
        schedule_id,
        amount
    from {{ ref('int_obligations_scheduled') }}
    where
        obligation_kind = 'agreement_instalment'
        and schedule_id in (select agreement_id from in_one_currency)

    union all

    select
        instalments.agreement_instalment_id as obligation_id,
        instalments.agreement_id as schedule_id,
        -instalments.amount as amount
    from {{ ref('stg_billing__agreement_instalments') }} as instalments
    where
        instalments.amount > 0
        and instalments.agreement_id in (
            select agreement_id from in_one_currency
        )

)

select
    schedule_id,
    obligation_id,
    sum(amount) as amount
from sides
group by schedule_id, obligation_id
having sum(amount) != 0
