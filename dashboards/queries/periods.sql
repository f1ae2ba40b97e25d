-- One row per period a page can show: the newest ones of each grain.
with

periods as (

    select
        period_grain,
        period_start,
        max(period_end) as period_end,
        bool_and(is_complete_period) as is_complete
    from kpi_values
    where period_grain != 'day'
    group by period_grain, period_start

)

select
    period_grain,
    period_start,
    period_end,
    is_complete
from periods
qualify row_number() over (partition by period_grain order by period_start desc)
    <= case period_grain when 'week' then 13 when 'month' then 18 when 'quarter' then 8 else 4 end
order by period_grain, period_start
