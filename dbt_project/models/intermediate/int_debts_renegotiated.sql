-- One row per debt and day on which an agreement on it was signed, or activated, while
-- it had been overdue the day before. What it was overdue for is renegotiated as far as
-- it is not overdue that day.

with

overdue as (

    select * from {{ ref('int_debts_overdue') }}

),

agreements as (

    select
        agreement_contracts.contract_id,
        agreements.agreement_id,
        agreements.agreement_kind,
        agreements.agreed_date,
        agreements.activated_date
    from {{ ref('fct_agreements') }} as agreements
    inner join {{ ref('stg_billing__agreement_contracts') }} as agreement_contracts
        on agreements.agreement_id = agreement_contracts.agreement_id

),

steps as (

    select
        contract_id,
        agreement_id,
        agreement_kind,
        'signed' as step,
        agreed_date as step_date
    from agreements

    union all

    select
        contract_id,
        agreement_id,
        agreement_kind,
        'activated' as step,
        activated_date as step_date
    from agreements

),

-- of several agreements on a debt in a day the last one counts

last_steps as (

    select *
    from steps
    where step_date is not null
    qualify row_number() over (
        partition by contract_id, step, step_date order by agreement_id desc
    ) = 1

)

select
    last_steps.contract_id,
    last_steps.step,
    last_steps.step_date,
    last_steps.agreement_id,
    last_steps.agreement_kind,
    greatest(overdue.overdue_amount - coalesce(overdue_that_day.overdue_amount, 0), 0)
        as renegotiated_amount,
    overdue.portfolio,
    overdue.product,
    overdue.creditor_brand,
    overdue.currency,
    overdue.segment,
    overdue.region,
    overdue.age_band
from last_steps
inner join overdue
    on
        last_steps.contract_id = overdue.contract_id
        and {{ add_days('last_steps.step_date', -1) }} >= overdue.valid_from_date
        and {{ add_days('last_steps.step_date', -1) }} <= overdue.valid_to_date
left join overdue as overdue_that_day
    on
        last_steps.contract_id = overdue_that_day.contract_id
        and last_steps.step_date >= overdue_that_day.valid_from_date
        and last_steps.step_date <= overdue_that_day.valid_to_date
