-- Both have the same episodes settled, and the median the others at risk.

with

sides as (

    select
        kpi_id,
        period_grain,
        period_start,
        dimension,
        member,
        case kpi_id
            when 'time_to_recover' then denominator
            else numerator
        end as settled_count,
        unit_count
    from {{ ref('kpi_values') }}
    where
        kpi_id in ('time_to_recover', 'time_to_recover_median')
        and period_grain in ('month', 'quarter', 'year')

)

select
    period_grain,
    period_start,
    dimension,
    member
from sides
group by period_grain, period_start, dimension, member
having
    min(settled_count) != max(settled_count)
    or min(unit_count) != max(unit_count)
    or count(*) != 2
