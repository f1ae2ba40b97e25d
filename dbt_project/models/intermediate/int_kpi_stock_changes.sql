-- One row per KPI, day, slice and part on which a stock changes: spans beginning on the
-- day add to it, those that ended the day before take away.

with

clock as (

    select * from {{ ref('int_clock') }}

),

spans_of_rows as (

    select * from {{ ref('int_kpi_rows') }}
    where counts = 'row' and ends_on is not null

),

changes_of_rows as (

    select
        *,
        kpi_date as calendar_date,
        1 as sign
    from spans_of_rows

    union all

    select
        *,
        {{ add_days('ends_on', 1) }} as calendar_date,
        -1 as sign
    from spans_of_rows

),

-- summed over the day first: most of the work is then on few rows

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
        sum(sign) as unit_count
    from changes_of_rows
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
        'kpi_id', 'calendar_date', 'part', 'numerator', 'denominator', 'unit_count'
    ]) }}

),

changes_of_units as (

    select
        kpi_id,
        dimension,
        member,
        part,
        side,
        kpi_date as calendar_date,
        1 as sign
    from {{ ref('int_kpi_unit_spans') }}

    union all

    select
        kpi_id,
        dimension,
        member,
        part,
        side,
        {{ add_days('ends_on', 1) }} as calendar_date,
        -1 as sign
    from {{ ref('int_kpi_unit_spans') }}

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
        unit_count
    from sliced

    union all

    select
        kpi_id,
        calendar_date,
        dimension,
        member,
        part,
        case when side = 'numerator' then sign else 0 end as numerator,
        case when side = 'denominator' then sign else 0 end as denominator,
        case when side = 'denominator' then sign else 0 end as unit_count
    from changes_of_units
    where calendar_date <= (select as_of from clock)

)

select
    kpi_id,
    calendar_date,
    dimension,
    member,
    part,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(unit_count) as unit_count
from changes
group by kpi_id, calendar_date, dimension, member, part
