-- One row per customer who owes something and span of days: the channel the customer
-- prefers.

select
    preferred.customer_id as unit_id,
    preferred.valid_from_date as kpi_date,
    preferred.valid_to_date as ends_on,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'preferred.valid_from_date') }} as age_band,
    preferred.channel,
    1 as numerator,
    1 as denominator
from {{ ref('int_channels_preferred') }} as preferred
left join {{ ref('dim_customers') }} as customers
    on preferred.customer_id = customers.customer_id
