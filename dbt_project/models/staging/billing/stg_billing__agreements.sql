-- One row per agreement to settle or renegotiate, offered ones included.

with

delivered as (

    {{ delivered('billing', 'agreements') }}

)

select
    -- ids
    agreement_id,
    customer_id,
    agent_id,

    -- what it is
    lower(status) as newest_status,
    lower(kind) as agreement_kind,
    lower(channel) as channel,
    lower(actor) as actor,
    lower(brand) as brand,

    -- money
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,
    {{ read_as('original_amount', 'decimal(18, 2)') }} as original_amount,
    {{ read_as('agreed_amount', 'decimal(18, 2)') }} as agreed_amount,

    -- when
    {{ instant('offered_at') }} as offered_at,
    {{ business_date('offered_at') }} as offered_date,
    {{ instant('signed_at') }} as signed_at,
    {{ business_date('signed_at') }} as signed_date,
    {{ has_time_of_day('signed_at') }} as has_signed_time,
    {{ read_as('activated_date', 'date') }} as activated_date,
    {{ read_as('ended_date', 'date') }} as ended_date

from delivered
