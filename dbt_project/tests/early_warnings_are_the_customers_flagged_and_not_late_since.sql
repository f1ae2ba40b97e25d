-- Who is on the list of early warnings is who the precision counts on the newest day of
-- decision and has not become late since, where that day's horizon is not over.

with

newest as (

    select unit_id
    from {{ ref('kpi_early_warning_precision') }}
    where
        kpi_date = (
            select max(decision_date) from {{ ref('int_early_warnings_followed') }}
        )
        and matures_on > (select as_of from {{ ref('int_clock') }})
        and numerator = 0

),

sides as (

    select
        unit_id,
        1 as warning_count
    from newest

    union all

    select
        customer_id || ':' || decision_date as unit_id,
        -1 as warning_count
    from {{ ref('early_warnings') }}

)

select
    unit_id,
    sum(warning_count) as warning_count
from sides
group by unit_id
having sum(warning_count) != 0
