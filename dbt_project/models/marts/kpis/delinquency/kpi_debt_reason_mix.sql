-- One row per debt, reason and span of days overdue with that reason in force: the
-- share of the debt the reason explains.

select
    periods.contract_id as unit_id,
    greatest(periods.valid_from_date, reasons.valid_from_date) as kpi_date,
    least(periods.valid_to_date, reasons.valid_to_date) as ends_on,
    reasons.reason,
    reasons.reason_source,
    reasons.is_fixable_by_us,
    periods.portfolio,
    periods.product,
    periods.creditor_brand,
    periods.segment,
    periods.region,
    periods.age_band,
    periods.ageing_bucket,
    reasons.weight as numerator,
    reasons.weight as denominator
from {{ ref('fct_debt_periods') }} as periods
inner join {{ ref('fct_debt_reasons') }} as reasons
    on
        periods.contract_id = reasons.contract_id
        and periods.valid_from_date <= reasons.valid_to_date
        and periods.valid_to_date >= reasons.valid_from_date
where periods.is_in_balance and periods.overdue_amount > 0
