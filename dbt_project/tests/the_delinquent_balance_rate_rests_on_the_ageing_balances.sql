-- The sides of the KPI in a month are the overdue and the outstanding balance of the
-- ageing on its last day, currency by currency: in its values, and by ageing bucket in
-- its cells.

with

ageing as (

    select * from {{ ref('fct_ageing_balances') }}

),

sides as (

    select
        {{ period_start('month', 'calendar_date') }} as period_start,
        currency,
        'all' as ageing_bucket,
        overdue_amount,
        outstanding_amount
    from ageing

    union all

    select
        {{ period_start('month', 'calendar_date') }} as period_start,
        currency,
        ageing_bucket,
        overdue_amount,
        outstanding_amount
    from ageing

    union all

    select
        period_start,
        member as currency,
        'all' as ageing_bucket,
        -numerator as overdue_amount,
        -denominator as outstanding_amount
    from {{ ref('kpi_values') }}
    where
        kpi_id = 'delinquent_balance_rate'
        and period_grain = 'month'
        and dimension = 'currency'

    union all

    select
        {{ period_start('month', 'calendar_date') }} as period_start,
        currency,
        ageing_bucket,
        -native_numerator as overdue_amount,
        -native_denominator as outstanding_amount
    from {{ ref('kpi_cells') }}
    where kpi_id = 'delinquent_balance_rate'

)

select
    period_start,
    currency,
    ageing_bucket,
    sum(overdue_amount) as overdue_amount,
    sum(outstanding_amount) as outstanding_amount
from sides
group by period_start, currency, ageing_bucket
having
    (sum(overdue_amount) != 0 or sum(outstanding_amount) != 0)
    and exists (
        select 1 from {{ ref('kpi_catalog') }}
        where kpi_id = 'delinquent_balance_rate' and is_available
    )
