-- One row per debt and day on which its overdue balance grew or cash came in on it
-- (moments), and per debt and span of days with an overdue balance (spans, for the
-- opening balance).

with

movements as (

    select * from {{ ref('fct_overdue_movements') }}
    where newly_overdue_amount != 0 or cash_amount != 0

),

overdue_periods as (

    select * from {{ ref('fct_debt_periods') }}
    where is_in_balance and overdue_amount > 0

)

select
    contract_id as unit_id,
    calendar_date as kpi_date,
    cast(null as date) as ends_on,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    cash_amount as numerator,
    newly_overdue_amount as denominator
from movements

union all

select
    contract_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    0 as numerator,
    overdue_amount as denominator
from overdue_periods
