-- The KPI, month by month, is the ledger's cash without that of debts sold or recalled.

with

sides as (

    select
        {{ period_start('month', 'booked_date') }} as period_start,
        amount
    from {{ ref('fct_cash') }}

    union all

    select
        {{ period_start('month', 'booked_date') }} as period_start,
        -amount as amount
    from {{ ref('fct_allocations') }}
    where not is_ours

    union all

    select
        period_start,
        -numerator as amount
    from {{ ref('kpi_values') }}
    where kpi_id = 'cash_collected' and period_grain = 'month' and dimension = 'all'

)

select
    period_start,
    sum(amount) as missing_amount
from sides
group by period_start
having
    sum(amount) != 0
    and exists (
        select 1 from {{ ref('kpi_catalog') }}
        where kpi_id = 'cash_collected' and is_available
    )
