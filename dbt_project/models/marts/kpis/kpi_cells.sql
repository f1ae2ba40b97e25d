-- One row per KPI that counts its rows, day and combination of all its dimensions and
-- parts: what happened on the day (is_stock false), or what was so at the end of it,
-- for month ends and as_of (is_stock true). Sum numerator and denominator over any of
-- the dimensions, then divide; sum stocks over one day only.

with

clock as (

    select * from {{ ref('int_clock') }}

),

available_kpis as (

    select kpi_id from {{ ref('kpi_catalog') }}
    where is_available

),

kpi_rows as (

    select kpi_rows.*
    from {{ ref('int_kpi_rows') }} as kpi_rows
    inner join available_kpis on kpi_rows.kpi_id = available_kpis.kpi_id
    where kpi_rows.counts = 'row'

),

stock_days as (

    select max(calendar_date) as calendar_date
    from {{ ref('dim_dates') }}
    group by month_start_date

),

dated as (

    select
        kpi_rows.*,
        kpi_rows.kpi_date as calendar_date,
        false as is_stock
    from kpi_rows
    where
        kpi_rows.ends_on is null
        and kpi_rows.kpi_date <= (select as_of from clock)

    union all

    select
        kpi_rows.*,
        stock_days.calendar_date,
        true as is_stock
    from kpi_rows
    inner join stock_days
        on
            kpi_rows.kpi_date <= stock_days.calendar_date
            and kpi_rows.ends_on >= stock_days.calendar_date
    where kpi_rows.ends_on is not null

)

select
    kpi_id,
    calendar_date,
    is_stock,
    part,
    {%- for dimension in kpi_dimensions() %}
    {{ dimension }},
    {%- endfor %}
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    count(*) as row_count,
    max(matures_on) as matures_on
from dated
group by
    kpi_id,
    calendar_date,
    is_stock,
    {%- for dimension in kpi_dimensions() %}
    {{ dimension }},
    {%- endfor %}
    part
