-- One row per customer who owes something and span of days: is a telephone
-- verified?

select
    verified.customer_id as unit_id,
    verified.valid_from_date as kpi_date,
    verified.valid_to_date as ends_on,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'verified.valid_from_date') }} as age_band,
    case when verified.has_verified_phone then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_customers_verified') }} as verified
left join {{ ref('dim_customers') }} as customers
    on verified.customer_id = customers.customer_id
