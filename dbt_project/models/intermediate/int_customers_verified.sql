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

cuts as (

    select
        customer_id,
        valid_from_date,
        valid_to_date as owing_to_date
    from owing

    union

    select
        owing.customer_id,
        changes.calendar_date as valid_from_date,
        owing.valid_to_date as owing_to_date
    from owing
    inner join changes
        on
            owing.customer_id = changes.customer_id
            and owing.valid_from_date < changes.calendar_date
            and owing.valid_to_date >= changes.calendar_date

),

spans as (

    select
        customer_id,
        valid_from_date,
        coalesce(
            {{ add_days(
                'lead(valid_from_date) over (
                    partition by customer_id, owing_to_date order by valid_from_date
                )',
                -1
            ) }},
            owing_to_date
        ) as valid_to_date
    from cuts

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
