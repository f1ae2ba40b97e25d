-- One row per promise to pay.

with

delivered as (

    {{ delivered('contact', 'promises') }}

)

select
    -- ids
    promise_id,
    customer_id,
    contract_id,
    contact_id,
    superseded_by_promise_id,

    -- what was promised
    lower(direction) as direction,
    lower(channel) as channel,
    {{ read_as('amount', 'decimal(18, 2)') }} as amount,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,

    -- when
    {{ instant('made_at') }} as made_at,
    {{ business_date('made_at') }} as made_date,
    {{ has_time_of_day('made_at') }} as has_made_time,
    {{ read_as('due_date', 'date') }} as due_date,
    {{ business_date('cancelled_at') }} as cancelled_date

from delivered
