-- One row per KPI that counts units, slice, part, side, unit and stretch of days during
-- which the unit counts: its spans laid together, so that it counts once a day.

with

spans as (

    select * from {{ ref('int_kpi_rows') }}
    where
        counts = 'unit'
        and ends_on is not null
        and kpi_date <= (select as_of from {{ ref('int_clock') }})

),

sliced as (

    {{ slices('spans', [
        'kpi_id', 'part', 'unit_id', 'kpi_date', 'ends_on', 'numerator', 'denominator'
    ]) }}

),

sides as (

    select
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        kpi_date,
        ends_on,
        'numerator' as side
    from sliced
    where numerator > 0

    union all

    select
        kpi_id,
        dimension,
        member,
        part,
        unit_id,
        kpi_date,
        ends_on,
        'denominator' as side
    from sliced
    where denominator > 0

),

extended as (

    select
        *,
        max(ends_on) over (
            partition by kpi_id, dimension, member, part, side, unit_id
            order by kpi_date, ends_on
            rows between unbounded preceding and 1 preceding
        ) as ended_before_on
    from sides

),

numbered as (

    select
        *,
        sum(
            case
                when kpi_date <= {{ add_days('ended_before_on', 1) }} then 0
                else 1
            end
        ) over (
            partition by kpi_id, dimension, member, part, side, unit_id
            order by kpi_date, ends_on
            rows between unbounded preceding and current row
        ) as stretch_number
    from extended

)

select
    kpi_id,
    dimension,
    member,
    part,
    side,
    unit_id,
    min(kpi_date) as kpi_date,
    max(ends_on) as ends_on
from numbered
group by kpi_id, dimension, member, part, side, unit_id, stretch_number
