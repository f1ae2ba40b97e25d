-- One row per customer and stay in delinquency (a span, for those in it when the period
-- opens), one per day a customer enters it (1), and one per day a customer leaves it
-- (-1), which says why (moments).

with

stays as (

    select * from {{ ref('int_customers_delinquent') }}

)

select
    customer_id as unit_id,
    entry_date as kpi_date,
    last_date as ends_on,
    segment,
    region,
    'none' as exit_reason,
    0 as numerator,
    1 as denominator
from stays

union all

select
    customer_id as unit_id,
    entry_date as kpi_date,
    cast(null as date) as ends_on,
    segment,
    region,
    'none' as exit_reason,
    1 as numerator,
    0 as denominator
from stays

union all

select
    customer_id as unit_id,
    exit_date as kpi_date,
    cast(null as date) as ends_on,
    segment,
    region,
    exit_reason,
    -1 as numerator,
    0 as denominator
from stays
where exit_date is not null
