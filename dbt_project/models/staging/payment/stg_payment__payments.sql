-- One row per payment and status it has been in. Processors re-send a payment
-- whenever it changes, so the newest delivery of a status wins.

with

delivered as (

    {{ delivered('payment', 'payments') }}

)

select
    -- ids
    payment_id,
    original_payment_id,
    contract_id,
    instalment_id,
    agreement_id,
    customer_id,

    -- what happened
    lower(status) as payment_status,
    lower(method) as payment_method,
    lower(channel) as payment_channel,
    reference,

    -- money
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,

    -- when
    {{ instant('status_at') }} as status_at,
    {{ business_date('status_at') }} as status_date,
    {{ has_time_of_day('status_at') }} as has_status_time,
    {{ instant('paid_at') }} as paid_at,
    {{ business_date('paid_at') }} as paid_date,
    {{ has_time_of_day('paid_at') }} as has_paid_time

from delivered
