-- One row per decision day, model and customer at risk on it: what became of the
-- customer, by all that is known now, where its horizon is over by as_of. Features
-- never use it.

with

clock as (

    select * from {{ ref('int_clock') }}

),

at_risk as (

    select
        customers_at_risk.*,
        coalesce(merged.golden_customer_id, customers_at_risk.customer_id)
            as golden_customer_id,
        case customers_at_risk.score_model
            when 'propensity_to_pay'
                then {{ add_days(
                    'customers_at_risk.decision_date', var('score_horizon_days')
                ) }}
            else
                {{ add_days(
                    'customers_at_risk.decision_date', var('early_warning_horizon_days')
                ) }}
        end as matures_on
    from {{ ref('int_score_customers_at_risk') }} as customers_at_risk
    left join {{ ref('int_customers_merged') }} as merged
        on customers_at_risk.customer_id = merged.customer_id

),

-- what was undone later was never paid
payments as (

    select
        contracts.customer_id,
        allocations.booked_date
    from {{ ref('fct_allocations') }} as allocations
    inner join {{ ref('dim_contracts') }} as contracts
        on allocations.contract_id = contracts.contract_id
    where allocations.restated_amount > 0

),

paid as (

    select distinct
        at_risk.decision_date,
        at_risk.customer_id
    from at_risk
    inner join payments
        on
            at_risk.golden_customer_id = payments.customer_id
            and at_risk.decision_date < payments.booked_date
            and at_risk.matures_on >= payments.booked_date
    where at_risk.score_model = 'propensity_to_pay'

),

overdue as (

    select distinct
        at_risk.decision_date,
        at_risk.customer_id
    from at_risk
    inner join {{ ref('fct_debt_periods') }} as debt_periods
        on
            at_risk.golden_customer_id = debt_periods.customer_id
            and at_risk.decision_date < debt_periods.valid_to_date
            and at_risk.matures_on >= debt_periods.valid_from_date
            and {{ add_days(
                'debt_periods.oldest_unpaid_due_date', var('collection_entry_dpd')
            ) }} <= least(at_risk.matures_on, debt_periods.valid_to_date)
    where
        at_risk.score_model = 'early_warning'
        and debt_periods.overdue_amount > 0

)

select
    at_risk.decision_date,
    at_risk.score_model,
    at_risk.customer_id,
    at_risk.golden_customer_id,
    at_risk.matures_on,
    case
        when at_risk.matures_on > clock.as_of then cast(null as int)
        when paid.customer_id is not null or overdue.customer_id is not null then 1
        else 0
    end as outcome
from at_risk
cross join clock
left join paid
    on
        at_risk.score_model = 'propensity_to_pay'
        and at_risk.decision_date = paid.decision_date
        and at_risk.customer_id = paid.customer_id
left join overdue
    on
        at_risk.score_model = 'early_warning'
        and at_risk.decision_date = overdue.decision_date
        and at_risk.customer_id = overdue.customer_id
