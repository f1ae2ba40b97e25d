-- One row per customer and span of days on which the customer was stuck: kept trying to
-- pay in the portal and got nowhere.

select
    stuck.customer_id as unit_id,
    stuck.stuck_from_date as kpi_date,
    stuck.stuck_to_date as ends_on,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'stuck.stuck_from_date') }} as age_band,
    1 as numerator
from {{ ref('int_stuck_payers') }} as stuck
left join {{ ref('dim_customers') }} as customers
    on stuck.customer_id = customers.customer_id
