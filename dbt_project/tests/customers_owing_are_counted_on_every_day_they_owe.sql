-- Whether verified or not, and whatever channel they prefer, customers who owe
-- something are counted on the days they do, once.

with

spans as (

    select
        customer_id,
        valid_from_date,
        valid_to_date,
        1 as owing,
        0 as verified,
        0 as preferred
    from {{ ref('int_customers_owing') }}

    union all

    select
        customer_id,
        valid_from_date,
        valid_to_date,
        0 as owing,
        1 as verified,
        0 as preferred
    from {{ ref('int_customers_verified') }}

    union all

    select
        customer_id,
        valid_from_date,
        valid_to_date,
        0 as owing,
        0 as verified,
        1 as preferred
    from {{ ref('int_channels_preferred') }}

),

days as (

    select
        customer_id,
        owing,
        verified,
        preferred,
        {{ days_between('valid_from_date', 'valid_to_date') }} + 1 as day_count
    from spans

)

select
    customer_id,
    sum(owing * day_count) as owing_days,
    sum(verified * day_count) as verified_days,
    sum(preferred * day_count) as preferred_days
from days
group by customer_id
having
    sum(owing * day_count) != sum(verified * day_count)
    or sum(owing * day_count) != sum(preferred * day_count)
    or min(day_count) < 1
