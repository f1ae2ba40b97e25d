-- One row per customer and telephone or address known by as_of: since when, and whether
-- it counts as verified at the end of as_of.

with

clock as (

    select * from {{ ref('int_clock') }}

),

points as (

    select * from {{ ref('stg_contact__contact_points') }}
    where checked_date is null or checked_date <= (select as_of from clock)

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

-- what was delivered without a day has been known all along

known as (

    select
        coalesce(merged.golden_customer_id, points.customer_id) as customer_id,
        points.contact_point_id,
        points.contact_point_kind,
        min(coalesce(points.checked_date, date '0001-01-01')) as known_from_date,
        max(points.checked_date) as last_checked_date
    from points
    left join merged on points.customer_id = merged.customer_id
    group by
        coalesce(merged.golden_customer_id, points.customer_id),
        points.contact_point_id,
        points.contact_point_kind

),

verified as (

    select
        customer_id,
        contact_point_id,
        contact_point_kind
    from {{ ref('int_contact_points_verified') }}
    where
        valid_from_date <= (select as_of from clock)
        and valid_to_date >= (select as_of from clock)

)

select
    known.customer_id,
    known.contact_point_id,
    known.contact_point_kind,
    known.known_from_date,
    known.last_checked_date,
    verified.customer_id is not null as is_verified
from known
left join verified
    on
        known.customer_id = verified.customer_id
        and known.contact_point_id = verified.contact_point_id
        and known.contact_point_kind = verified.contact_point_kind
