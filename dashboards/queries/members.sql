-- One row per member of a dimension that pages show: the largest eight, and what is unknown.
with

sizes as (

    select
        dimension,
        member,
        member in ('unknown', 'none') as is_unknown,
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
qualify is_unknown or row_number() over (
    partition by dimension, is_unknown order by unit_count desc, member
) <= 8
order by dimension, is_unknown, unit_count desc, member
