-- The KPI, month by month and currency by currency, is the ledger's cash without that
-- of debts sold or recalled.

with

sides as (

    select
        {{ period_start('month', 'booked_date') }} as period_start,
        currency,
        amount
    from {{ ref('fct_cash') }}

    union all

    select
        {{ period_start('month', 'booked_date') }} as period_start,
        currency,
        -amount as amount
    from {{ ref('fct_allocations') }}
    where not is_ours

    union all

    select
        period_start,
        member as currency,
        -numerator as amount
    from {{ ref('kpi_values') }}
    where
        kpi_id = 'cash_collected'
        and period_grain = 'month'
        and dimension = 'currency'

)

select
    period_start,
    currency,
    sum(amount) as missing_amount
from sides
group by period_start, currency
having
    sum(amount) != 0
    and exists (
        select 1 from {{ ref('kpi_catalog') }}
        where kpi_id = 'cash_collected' and is_available
    )
