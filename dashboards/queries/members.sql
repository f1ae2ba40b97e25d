-- One row per member of a dimension that pages show: the largest ones, "unknown" after them.
with

sizes as (

    select
        dimension,
        member,
        sum(unit_count) as unit_count
    from kpi_values
    where period_grain = 'month' and list_contains($dimensions, dimension)
    group by dimension, member

)

select
    dimension,
    member,
    count(*) over (partition by dimension) as member_count
from sizes
qualify row_number() over (
    partition by dimension
    order by member in ('unknown', 'none'), unit_count desc, member
) <= 8
order by dimension, member in ('unknown', 'none'), unit_count desc, member
