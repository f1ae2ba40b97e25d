-- On any day a figure has one target at most.

with

targets as (

    select
        *,
        lead(valid_from_date) over (
            partition by kpi_id, period_grain, dimension, member, part
            order by valid_from_date, valid_to_date
        ) as next_valid_from_date
    from {{ ref('kpi_targets') }}

)

select
    kpi_id,
    period_grain,
    dimension,
    member,
    part,
    valid_from_date,
    valid_to_date,
    next_valid_from_date
from targets
where valid_from_date > valid_to_date or next_valid_from_date <= valid_to_date
