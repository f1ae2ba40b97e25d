-- One row per account and time it reached 7 days past due, dated by that day: did it
-- clear its arrears within the window after it?

with

reached as (

    select
        *,
        {{ add_days('reached_7_dpd_date', var('repayment_window_days')) }}
            as window_end_date
    from {{ ref('int_accounts_reaching_7_dpd') }}

)

select
    account_id as unit_id,
    reached_7_dpd_date as kpi_date,
    window_end_date as matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    case when cleared_date <= window_end_date then 1 else 0 end as numerator,
    1 as denominator
from reached
