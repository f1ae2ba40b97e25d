-- One row per customer who owes something and span of days during which what is known
-- of the case stays the same: are all of its blocks there?

select
    cases.customer_id as unit_id,
    cases.valid_from_date as kpi_date,
    cases.valid_to_date as ends_on,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'cases.valid_from_date') }} as age_band,
    case
        when
            cases.has_contact_details
            and cases.has_verified_point
            and cases.has_owed
            and cases.has_history
            and cases.has_agreement
            then 1
        else 0
    end as numerator,
    1 as denominator
from {{ ref('int_customer_cases') }} as cases
left join {{ ref('dim_customers') }} as customers
    on cases.customer_id = customers.customer_id
where cases.is_owing
