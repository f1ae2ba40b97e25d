-- One row per reason learnt for a debt.

with

delivered as (

    {{ delivered('contact', 'reasons') }}

)

select
    -- ids
    contract_id,

    -- what was learnt
    lower(reason) as reason,
    lower(reason_source) as reason_source,
    {{ read_as('weight', 'decimal(18, 6)') }} as weight,

    -- when
    {{ instant('recorded_at') }} as recorded_at,
    {{ business_date('recorded_at') }} as recorded_date

from delivered
