-- One row per debt and span of days during which it is overdue by the same amount, on
-- booked cash, whatever else of its state changes.

with

periods as (

    select
        *,
        case when is_in_balance then overdue_amount else 0 end as overdue_in_balance,
        coalesce(
            lag(case when is_in_balance then overdue_amount else 0 end) over (
                partition by contract_id order by valid_from_date
            ),
            0
        ) as overdue_before,
        lag(age_band) over (
            partition by contract_id order by valid_from_date
        ) as age_band_before
    from {{ ref('fct_debt_periods') }}

),

numbered as (

    select
        *,
        sum(
            case
                when
                    overdue_in_balance = overdue_before
                    and age_band is not distinct from age_band_before
                    then 0
                else 1
            end
        ) over (
            partition by contract_id order by valid_from_date
            rows between unbounded preceding and current row
        ) as span_number
    from periods

)

select
    contract_id,
    customer_id,
    min(valid_from_date) as valid_from_date,
    max(valid_to_date) as valid_to_date,
    max(overdue_in_balance) as overdue_amount,
    min_by(overdue_before, valid_from_date) as overdue_before_amount,
    max(portfolio) as portfolio,
    max(product) as product,
    max(creditor_brand) as creditor_brand,
    max(currency) as currency,
    max(segment) as segment,
    max(region) as region,
    max(age_band) as age_band
from numbered
where overdue_in_balance > 0
group by contract_id, customer_id, span_number
