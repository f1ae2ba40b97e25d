-- One row per debt and span of days overdue, cut on the day its first reason came: is
-- any reason known?

with

periods as (

    select * from {{ ref('fct_debt_periods') }}
    where is_in_balance and overdue_amount > 0

),

-- what is known stays known: only the first reason changes anything

first_reasons as (

    select
        contract_id,
        min(valid_from_date) as known_from_date
    from {{ ref('fct_debt_reasons') }}
    group by contract_id

),

cut as (

    select
        periods.*,
        0 as has_reason,
        periods.valid_from_date as from_date,
        least(
            periods.valid_to_date,
            coalesce(
                {{ add_days('first_reasons.known_from_date', -1) }},
                periods.valid_to_date
            )
        ) as to_date
    from periods
    left join first_reasons on periods.contract_id = first_reasons.contract_id

    union all

    select
        periods.*,
        1 as has_reason,
        greatest(periods.valid_from_date, first_reasons.known_from_date) as from_date,
        periods.valid_to_date as to_date
    from periods
    inner join first_reasons on periods.contract_id = first_reasons.contract_id

)

select
    contract_id as unit_id,
    from_date as kpi_date,
    to_date as ends_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    ageing_bucket,
    has_reason as numerator,
    1 as denominator
from cut
where from_date <= to_date
