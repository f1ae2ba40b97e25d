-- The customers case_completeness counts on as_of, and those it finds complete, are
-- those whose rows in customer_case say so.

with

clock as (

    select * from {{ ref('int_clock') }}

),

sides as (

    select
        unit_id as customer_id,
        numerator,
        denominator
    from {{ ref('kpi_case_completeness') }}
    where
        kpi_date <= (select as_of from clock)
        and ends_on >= (select as_of from clock)

    union all

    select
        customer_id,
        case
            when
                has_contact_details and has_verified_point and has_owed
                and has_history and has_agreement
                then -1
            else 0
        end as numerator,
        -1 as denominator
    from {{ ref('customer_case') }}
    where is_owing

    union all

    -- and these owe something
    select distinct
        customer_id,
        0 as numerator,
        1 as denominator
    from {{ ref('fct_debt_periods') }}
    where
        outstanding_amount > 0
        and valid_to_date = (select as_of from clock)

    union all

    select
        customer_id,
        0 as numerator,
        -1 as denominator
    from {{ ref('customer_case') }}
    where is_owing

)

select
    customer_id,
    sum(numerator) as numerator,
    sum(denominator) as denominator
from sides
group by customer_id
having sum(numerator) != 0 or sum(denominator) != 0
