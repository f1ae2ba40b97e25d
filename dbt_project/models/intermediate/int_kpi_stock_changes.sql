-- One row per KPI, day, slice and part on which a stock changes: spans beginning on the
-- day add to it, those that ended the day before take away. row_count is 0 where units
-- are counted: the sides are their counts.

with

clock as (

    select * from {{ ref('int_clock') }}

),

spans as (

    select * from {{ ref('int_kpi_rows') }}
    where counts = 'row' and ends_on is not null

),

begun_and_ended as (

    select
        *,
        kpi_date as calendar_date,
        1 as sign
    from spans

    union all

    select
        *,
        {{ add_days('ends_on', 1) }} as calendar_date,
        -1 as sign
    from spans

),

-- summed before they are sliced: most of the work is then on few rows

summed as (

    select
        kpi_id,
        calendar_date,
        part,
        {%- for dimension in kpi_dimensions() %}
        {{ dimension }},
        {%- endfor %}
        sum(sign * numerator) as numerator,
        sum(sign * denominator) as denominator,
        sum(sign) as row_count
    from begun_and_ended
    where calendar_date <= (select as_of from clock)
    group by
        kpi_id,
        calendar_date,
        {%- for dimension in kpi_dimensions() %}
        {{ dimension }},
        {%- endfor %}
        part

),

sliced as (

    {{ slices('summed', [
        'kpi_id', 'calendar_date', 'part', 'numerator', 'denominator', 'row_count'
    ]) }}

),

changes as (

    select
        kpi_id,
        calendar_date,
        dimension,
        member,
        part,
        numerator,
        denominator,
        row_count
    from sliced

    union all

    select
        kpi_id,
        calendar_date,
        dimension,
        member,
        part,
        numerator,
        denominator,
        0 as row_count
    from {{ ref('int_kpi_unit_changes') }}

)

select
    kpi_id,
    calendar_date,
    dimension,
    member,
    part,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(row_count) as row_count
from changes
group by kpi_id, calendar_date, dimension, member, part
