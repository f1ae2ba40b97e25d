-- One row per debt and span of days in the amicable stage (spans, for those in it when
-- the period opens), per debt and day it comes into it, and per debt and day it moves
-- from it to litigation (moments). A debt counts once on each side.

with

periods as (

    select
        *,
        coalesce(stage = 'amicable' and outstanding_amount > 0, false) as is_amicable,
        coalesce(
            lag(stage = 'amicable' and outstanding_amount > 0) over (
                partition by contract_id order by valid_from_date
            ),
            false
        ) as was_amicable
    from {{ ref('fct_debt_periods') }}

),

amicable_spans as (

    select
        contract_id,
        valid_from_date as kpi_date,
        valid_to_date as ends_on,
        portfolio,
        product,
        creditor_brand,
        segment,
        region,
        age_band,
        0 as numerator,
        1 as denominator
    from periods
    where is_amicable

),

newly_amicable as (

    select
        contract_id,
        valid_from_date as kpi_date,
        cast(null as date) as ends_on,
        portfolio,
        product,
        creditor_brand,
        segment,
        region,
        age_band,
        0 as numerator,
        1 as denominator
    from periods
    where is_amicable and not was_amicable

),

escalated as (

    select
        contract_id,
        valid_from_date as kpi_date,
        cast(null as date) as ends_on,
        portfolio,
        product,
        creditor_brand,
        segment,
        region,
        age_band,
        1 as numerator,
        0 as denominator
    from periods
    where was_amicable and stage = 'litigation'

),

rows_of_debts as (

    select * from amicable_spans
    union all
    select * from newly_amicable
    union all
    select * from escalated

)

select
    contract_id as unit_id,
    kpi_date,
    ends_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    numerator,
    denominator
from rows_of_debts
