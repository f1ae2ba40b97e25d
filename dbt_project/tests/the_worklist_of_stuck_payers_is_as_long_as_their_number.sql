-- Who is on the worklist of stuck payers is who the KPI counts on as_of.

with

clock as (

    select * from {{ ref('int_clock') }}

),

sides as (

    select
        unit_id as customer_id,
        1 as customer_count
    from {{ ref('kpi_stuck_payers') }}
    where
        kpi_date <= (select as_of from clock)
        and ends_on >= (select as_of from clock)

    union all

    select
        customer_id,
        -1 as customer_count
    from {{ ref('stuck_payers') }}

)

select
    customer_id,
    sum(customer_count) as customer_count
from sides
group by customer_id
having sum(customer_count) != 0
