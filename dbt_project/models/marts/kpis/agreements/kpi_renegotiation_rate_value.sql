-- One row per debt and span of days overdue by an amount (spans, for what is overdue
-- when the period opens), per debt and day that amount grows, and per debt and day an
-- agreement activated on it takes what is overdue off the balance (moments).

with

overdue as (

    select * from {{ ref('int_debts_overdue') }}

),

rows_of_debts as (

    select
        contract_id,
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
    from overdue

    union all

    select
        contract_id,
        valid_from_date as kpi_date,
        cast(null as date) as ends_on,
        portfolio,
        product,
        creditor_brand,
        currency,
        segment,
        region,
        0 as numerator,
        overdue_amount - overdue_before_amount as denominator
    from overdue
    where overdue_amount > overdue_before_amount

    union all

    select
        contract_id,
        step_date as kpi_date,
        cast(null as date) as ends_on,
        portfolio,
        product,
        creditor_brand,
        currency,
        segment,
        region,
        renegotiated_amount as numerator,
        0 as denominator
    from {{ ref('int_debts_renegotiated') }}
    where step = 'activated'

)

select
    contract_id as unit_id,
    kpi_date,
    ends_on,
    portfolio,
    product,
    creditor_brand,
    currency,
    segment,
    region,
    numerator,
    denominator
from rows_of_debts
