-- One row per golden customer with a debt, open or past: all there is to know of the
-- case at the end of as_of, so that nobody has to look into five systems.

with

clock as (

    select * from {{ ref('int_clock') }}

),

debts as (

    select * from {{ ref('int_customer_debts') }}

),

contact_details as (

    select * from {{ ref('int_customer_contact_details') }}

),

commitments as (

    select * from {{ ref('int_customer_commitments') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

cases as (

    select * from {{ ref('int_customer_cases') }}
    where valid_to_date = (select as_of from clock)

),

episodes as (

    select
        customer_id,
        count(*) as episode_count,
        min(entry_date) as first_entry_date,
        min(entry_date) filter (where exit_date is null) as in_collection_since_date
    from {{ ref('fct_collection_episodes') }}
    group by customer_id

),

payments as (

    select
        customer_id,
        cash_id,
        booked_date,
        booked_at,
        currency,
        sum(restated_amount) as amount
    from {{ ref('fct_allocations') }}
    where restated_amount > 0 and is_ours and customer_id is not null
    group by customer_id, cash_id, booked_date, booked_at, currency

),

payment_counts as (

    select
        customer_id,
        count(*) as payment_count
    from payments
    group by customer_id

),

last_payments as (

    select *
    from payments
    qualify row_number() over (
        partition by customer_id order by booked_at desc, cash_id desc
    ) = 1

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

last_instants as (

    select
        customer_id,
        max(started_at) filter (where direction = 'outbound') as last_attempt_at,
        max(started_at) filter (where is_contacted) as last_contacted_at,
        max(started_at) filter (where is_right_party_call) as last_right_party_at,
        max(started_at) filter (where direction = 'inbound') as last_inbound_at
    from contacts
    group by customer_id

),

last_attempts as (

    select
        contacts.customer_id,
        contacts.channel,
        contacts.outcome
    from contacts
    inner join last_instants
        on
            contacts.customer_id = last_instants.customer_id
            and contacts.started_at = last_instants.last_attempt_at
    where contacts.direction = 'outbound'
    qualify row_number() over (
        partition by contacts.customer_id order by contacts.contact_id desc
    ) = 1

),

-- the reasons of all debts the customer still owes, each debt as much as the next

reasons as (

    select
        reasons.customer_id,
        reasons.reason,
        max(reasons.recorded_date) as recorded_date,
        sum(reasons.weight) as weight,
        reasons.is_fixable_by_us
    from {{ ref('fct_debt_reasons') }} as reasons
    inner join {{ ref('fct_debt_periods') }} as periods
        on
            reasons.contract_id = periods.contract_id
            and reasons.valid_to_date = periods.valid_to_date
    where
        periods.valid_to_date = (select as_of from clock)
        and periods.outstanding_amount > 0
    group by reasons.customer_id, reasons.reason, reasons.is_fixable_by_us

),

main_reasons as (

    select *
    from reasons
    qualify row_number() over (
        partition by customer_id
        order by weight desc, recorded_date desc, reason asc
    ) = 1

),

all_reasons as (

    select
        customer_id,
        {{ listed('reason', 'weight desc, reason asc') }} as reasons
    from reasons
    group by customer_id

),

complaints as (

    select
        customer_id,
        count(*) as complaint_count,
        max(received_date) as last_complaint_date
    from {{ ref('fct_complaints') }}
    group by customer_id

),

customers_with_a_contract as (

    select distinct customer_id
    from {{ ref('dim_contracts') }}
    where originated_date is null or originated_date <= (select as_of from clock)

)

select
    -- who
    customers_with_a_contract.customer_id,
    customers.customer_kind,
    customers.birth_date,
    customers.segment,
    customers.region,
    customers.country,
    customers.time_zone,

    -- contact details and their verification
    coalesce(contact_details.phone_count, 0) as phone_count,
    coalesce(contact_details.email_count, 0) as email_count,
    coalesce(contact_details.verified_phone_count, 0) as verified_phone_count,
    coalesce(contact_details.verified_email_count, 0) as verified_email_count,
    contact_details.last_contact_point_check_date,
    contact_details.contact_point_id,
    contact_details.contact_point_kind,

    -- what is owed
    coalesce(debts.debt_count, 0) as debt_count,
    coalesce(debts.open_debt_count, 0) as open_debt_count,
    coalesce(debts.overdue_debt_count, 0) as overdue_debt_count,
    coalesce(debts.written_off_debt_count, 0) as written_off_debt_count,
    debts.currency,
    -- unknown where a contract's instalments were never delivered, not nothing
    debts.outstanding_amount,
    debts.overdue_amount,
    debts.written_off_amount,
    debts.owed_by_currency,
    debts.oldest_unpaid_due_date,
    debts.days_past_due,
    debts.ageing_bucket,
    debts.debt_stages,
    coalesce(debts.disputed_debt_count, 0) as disputed_debt_count,
    debts.disputed_amount,

    -- history
    coalesce(episodes.episode_count, 0) as episode_count,
    episodes.first_entry_date,
    episodes.in_collection_since_date,
    coalesce(payment_counts.payment_count, 0) as payment_count,
    last_payments.booked_date as last_payment_date,
    last_payments.amount as last_payment_amount,
    last_payments.currency as last_payment_currency,
    coalesce(commitments.promise_count, 0) as promise_count,
    coalesce(commitments.kept_promise_count, 0) as kept_promise_count,
    coalesce(commitments.missed_promise_count, 0) as missed_promise_count,
    coalesce(commitments.agreement_count, 0) as agreement_count,
    coalesce(commitments.completed_agreement_count, 0)
        as completed_agreement_count,
    coalesce(commitments.broken_agreement_count, 0) as broken_agreement_count,
    coalesce(complaints.complaint_count, 0) as complaint_count,
    complaints.last_complaint_date,

    -- current agreement and open promise
    coalesce(commitments.current_agreement_count, 0) as current_agreement_count,
    commitments.agreement_id,
    commitments.agreement_kind,
    commitments.agreement_status,
    commitments.agreement_activated_date,
    commitments.agreed_amount,
    commitments.agreement_currency,
    coalesce(commitments.open_promise_count, 0) as open_promise_count,
    commitments.promise_id,
    commitments.promise_due_date,
    commitments.promised_amount,
    commitments.promise_currency,

    -- last contacts
    last_instants.last_attempt_at,
    last_attempts.channel as last_attempt_channel,
    last_attempts.outcome as last_attempt_outcome,
    last_instants.last_contacted_at,
    last_instants.last_right_party_at,
    last_instants.last_inbound_at,

    -- why
    main_reasons.reason,
    main_reasons.is_fixable_by_us as is_reason_fixable_by_us,
    all_reasons.reasons,

    -- what the customer asked for
    coalesce(contact_details.preferred_channel, customers.preferred_channel)
        as preferred_channel,
    contact_details.stated_from_hour,
    contact_details.stated_to_hour,
    contact_details.opted_in_channels,
    contact_details.opted_out_channels,

    -- which blocks of the case are there
    coalesce(cases.is_owing, false) as is_owing,
    coalesce(cases.has_contact_details, false) as has_contact_details,
    coalesce(cases.has_verified_point, false) as has_verified_point,
    coalesce(cases.has_owed, true) as has_owed,
    coalesce(cases.has_history, false) as has_history,
    coalesce(cases.has_agreement, false) as has_agreement
from customers_with_a_contract
left join customers on customers_with_a_contract.customer_id = customers.customer_id
left join contact_details
    on customers_with_a_contract.customer_id = contact_details.customer_id
left join commitments
    on customers_with_a_contract.customer_id = commitments.customer_id
left join debts on customers_with_a_contract.customer_id = debts.customer_id
left join episodes on customers_with_a_contract.customer_id = episodes.customer_id
left join payment_counts
    on customers_with_a_contract.customer_id = payment_counts.customer_id
left join last_payments
    on customers_with_a_contract.customer_id = last_payments.customer_id
left join complaints on customers_with_a_contract.customer_id = complaints.customer_id
left join last_instants
    on customers_with_a_contract.customer_id = last_instants.customer_id
left join last_attempts
    on customers_with_a_contract.customer_id = last_attempts.customer_id
left join main_reasons
    on customers_with_a_contract.customer_id = main_reasons.customer_id
left join all_reasons on customers_with_a_contract.customer_id = all_reasons.customer_id
left join cases on customers_with_a_contract.customer_id = cases.customer_id
