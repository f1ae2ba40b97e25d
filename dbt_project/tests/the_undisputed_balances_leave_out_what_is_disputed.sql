-- By currency, on the last day of a month, a balance KPI and its undisputed version
-- differ by what is disputed of the debts in the balance: overdue, and in all.

with

balance_days as (

    select
        month_start_date as period_start,
        max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

sides as (

    select
        balance_days.period_start,
        periods.currency as member,
        periods.disputed_overdue_amount,
        periods.disputed_amount,
        periods.disputed_amount as disputed_in_stages_amount
    from {{ ref('fct_debt_periods') }} as periods
    inner join balance_days
        on
            periods.valid_from_date <= balance_days.calendar_date
            and periods.valid_to_date >= balance_days.calendar_date
    where periods.is_in_balance

    union all

    select
        period_start,
        member,
        case kpi_id
            when 'delinquent_balance_rate' then -numerator
            when 'delinquent_balance_rate_undisputed' then numerator
            else 0
        end as disputed_overdue_amount,
        case kpi_id
            when 'delinquent_balance_rate' then -denominator
            when 'delinquent_balance_rate_undisputed' then denominator
            else 0
        end as disputed_amount,
        case kpi_id
            when 'stage_mix' then -numerator
            when 'stage_mix_undisputed' then numerator
            else 0
        end as disputed_in_stages_amount
    from {{ ref('kpi_values') }}
    where period_grain = 'month' and dimension = 'currency'

)

select
    period_start,
    member,
    sum(disputed_overdue_amount) as disputed_overdue_amount,
    sum(disputed_amount) as disputed_amount,
    sum(disputed_in_stages_amount) as disputed_in_stages_amount
from sides
group by period_start, member
having
    (
        sum(disputed_overdue_amount) != 0
        or sum(disputed_amount) != 0
        or sum(disputed_in_stages_amount) != 0
    )
    and (
        select count(*) from {{ ref('kpi_catalog') }}
        where
            kpi_id in (
                'delinquent_balance_rate',
                'delinquent_balance_rate_undisputed',
                'stage_mix',
                'stage_mix_undisputed'
            )
            and is_available
    ) = 4
