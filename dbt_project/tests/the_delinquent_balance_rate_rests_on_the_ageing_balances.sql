-- The sides of the KPI in a month are the overdue and the outstanding balance of the
-- ageing on its last day, in all and by ageing bucket.

with

ageing as (

    select
        {{ period_start('month', 'calendar_date') }} as period_start,
        ageing_bucket,
        overdue_amount,
        outstanding_amount
    from {{ ref('fct_ageing_balances') }}

),

sides as (

    select
        period_start,
        'all' as member,
        overdue_amount,
        outstanding_amount
    from ageing

    union all

    select
        period_start,
        ageing_bucket as member,
        overdue_amount,
        outstanding_amount
    from ageing

    union all

    select
        period_start,
        member,
        -numerator as overdue_amount,
        -denominator as outstanding_amount
    from {{ ref('kpi_values') }}
    where
        kpi_id = 'delinquent_balance_rate'
        and period_grain = 'month'
        and dimension in ('all', 'ageing_bucket')

)

select
    period_start,
    member,
    sum(overdue_amount) as overdue_amount,
    sum(outstanding_amount) as outstanding_amount
from sides
group by period_start, member
having
    (sum(overdue_amount) != 0 or sum(outstanding_amount) != 0)
    and exists (
        select 1 from {{ ref('kpi_catalog') }}
        where kpi_id = 'delinquent_balance_rate' and is_available
    )
