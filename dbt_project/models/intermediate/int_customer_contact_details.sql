-- One row per customer of whom a telephone, an address, a consent or a preference is
-- known: how to reach the customer at the end of as_of, and how not to.

with

customers as (

    select * from {{ ref('dim_customers') }}

),

preferences as (

    select * from {{ ref('int_preferences_stated') }}
    where valid_to_at = timestamp '9999-12-31 00:00:00'

),

-- of several channels preferred, the one said last

preferred as (

    select *
    from preferences
    where is_preferred
    qualify row_number() over (
        partition by customer_id order by valid_from_at desc, channel asc
    ) = 1

),

consents as (

    select
        customer_id,
        {{ listed('channel', 'channel', 'is_opted_in') }} as opted_in_channels,
        {{ listed('channel', 'channel', 'not is_opted_in') }} as opted_out_channels
    from preferences
    group by customer_id

),

points as (

    select
        points.*,
        coalesce(preferred.channel, customers.preferred_channel) as preferred_channel
    from {{ ref('int_contact_points_known') }} as points
    left join preferred on points.customer_id = preferred.customer_id
    left join customers on points.customer_id = customers.customer_id

),

point_counts as (

    select
        customer_id,
        count(*) filter (where contact_point_kind = 'phone') as phone_count,
        count(*) filter (where contact_point_kind = 'email') as email_count,
        count(*) filter (where contact_point_kind = 'phone' and is_verified)
            as verified_phone_count,
        count(*) filter (where contact_point_kind = 'email' and is_verified)
            as verified_email_count,
        max(last_checked_date) as last_contact_point_check_date
    from points
    group by customer_id

),

-- a verified one, of the kind the customer prefers, checked last

best_points as (

    select *
    from points
    where is_verified
    qualify row_number() over (
        partition by customer_id
        order by
            (preferred_channel = 'email') = (contact_point_kind = 'email')
            desc nulls last,
            last_checked_date desc nulls last,
            contact_point_id asc
    ) = 1

),

known_customers as (

    select customer_id from point_counts
    union
    select customer_id from consents

)

select
    known_customers.customer_id,

    -- telephones and addresses
    coalesce(point_counts.phone_count, 0) as phone_count,
    coalesce(point_counts.email_count, 0) as email_count,
    coalesce(point_counts.verified_phone_count, 0) as verified_phone_count,
    coalesce(point_counts.verified_email_count, 0) as verified_email_count,
    point_counts.last_contact_point_check_date,
    best_points.contact_point_id,
    best_points.contact_point_kind,

    -- what the customer said
    preferred.channel as preferred_channel,
    preferred.stated_from_hour,
    preferred.stated_to_hour,
    consents.opted_in_channels,
    consents.opted_out_channels
from known_customers
left join point_counts on known_customers.customer_id = point_counts.customer_id
left join best_points on known_customers.customer_id = best_points.customer_id
left join preferred on known_customers.customer_id = preferred.customer_id
left join consents on known_customers.customer_id = consents.customer_id
