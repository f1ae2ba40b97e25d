-- One row per customer who owes something and span of days (both ends included) during
-- which it stays the same whether a telephone and an e-mail address are verified.

with

owing as (

    select * from {{ ref('int_customers_owing') }}

),

verified as (

    select * from {{ ref('int_contact_points_verified') }}

),

changes as (

    select
        customer_id,
        valid_from_date as calendar_date
    from verified

    union all

    select
        customer_id,
        {{ add_days('valid_to_date', 1) }} as calendar_date
    from verified

),

spans as (

    {{ owing_cut_by_changes() }}

)

select
    spans.customer_id,
    spans.valid_from_date,
    spans.valid_to_date,
    count(*) filter (where verified.contact_point_kind = 'phone') > 0
        as has_verified_phone,
    count(*) filter (where verified.contact_point_kind = 'email') > 0
        as has_verified_email
from spans
left join verified
    on
        spans.customer_id = verified.customer_id
        and spans.valid_from_date >= verified.valid_from_date
        and spans.valid_from_date <= verified.valid_to_date
group by spans.customer_id, spans.valid_from_date, spans.valid_to_date
