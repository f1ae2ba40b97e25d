-- The contracts an agreement replaced are asked, instalment by instalment, all that the
-- agreement asks.

with

sides as (

    select
        obligation_id,
        schedule_id,
        amount
    from {{ ref('int_obligations_scheduled') }}
    where obligation_kind = 'agreement_instalment'

    union all

    select
        instalments.agreement_instalment_id as obligation_id,
        instalments.agreement_id as schedule_id,
        -instalments.amount as amount
    from {{ ref('stg_billing__agreement_instalments') }} as instalments
    where
        instalments.amount > 0
        and instalments.agreement_id in (
            select agreement_id from {{ ref('int_agreement_shares') }}
        )

)

select
    schedule_id,
    obligation_id,
    sum(amount) as amount
from sides
group by schedule_id, obligation_id
having sum(amount) != 0
