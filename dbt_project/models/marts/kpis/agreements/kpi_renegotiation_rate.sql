-- One row per debt and span of days overdue (spans, for those overdue when the period
-- opens), per debt and day it becomes overdue, and per debt and day an agreement on it
-- is activated while it is overdue (moments). A debt counts once on each side.

with

periods as (

    select
        *,
        is_in_balance and overdue_amount > 0 as is_overdue,
        lag(is_in_balance and overdue_amount > 0) over (
            partition by contract_id order by valid_from_date
        ) as was_overdue
    from {{ ref('fct_debt_periods') }}

),

overdue_spans as (

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
    where is_overdue

),

newly_overdue as (

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
    where is_overdue and not coalesce(was_overdue, false)

),

-- eligible is what was overdue the day before, or has become so since
activated as (

    select
        periods.contract_id,
        agreement_shares.activated_date as kpi_date,
        cast(null as date) as ends_on,
        periods.portfolio,
        periods.product,
        periods.creditor_brand,
        periods.segment,
        periods.region,
        periods.age_band,
        1 as numerator,
        0 as denominator
    from {{ ref('int_agreement_shares') }} as agreement_shares
    inner join periods
        on
            agreement_shares.contract_id = periods.contract_id
            and {{ add_days('agreement_shares.activated_date', -1) }}
            >= periods.valid_from_date
            and {{ add_days('agreement_shares.activated_date', -1) }}
            <= periods.valid_to_date
    where periods.is_overdue

),

rows_of_debts as (

    select * from overdue_spans
    union all
    select * from newly_overdue
    union all
    select * from activated

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
