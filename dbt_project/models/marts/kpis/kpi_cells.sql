-- One row per KPI that counts its rows, day and combination of all its dimensions and
-- parts: what happened on the day (is_stock false), or what was so at the end of it,
-- for month ends and as_of (is_stock true). Sum numerator and denominator over any of
-- the dimensions, then divide; sum stocks over one day only.

with

clock as (

    select * from {{ ref('int_clock') }}

),

available_kpis as (

    select
        kpi_id,
        is_money,
        is_numerator_money,
        is_denominator_money
    from {{ ref('kpi_catalog') }}
    where is_available

),

rates as (

    select * from {{ ref('int_fx_rates') }}

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

),

cells as (

    select
        kpi_id,
        calendar_date,
        is_stock,
        part,
        {%- for dimension in kpi_dimensions() %}
        {{ dimension }},
        {%- endfor %}
        sum(numerator) as native_numerator,
        sum(denominator) as native_denominator,
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

),

-- the rate of the day: of a cohort, of its entry; of cash, of its booking; of a stock,
-- of the day it is read on

converted as (

    select
        cells.*,
        {{ converted(
            'cells.native_numerator', 'available_kpis.is_numerator_money',
            rate_of('cells.currency', 'rates')
        ) }} as numerator,
        {{ converted(
            'cells.native_denominator', 'available_kpis.is_denominator_money',
            rate_of('cells.currency', 'rates')
        ) }} as denominator
    from cells
    inner join available_kpis on cells.kpi_id = available_kpis.kpi_id
    left join rates
        on
            cells.currency = rates.currency
            and cells.calendar_date = rates.rate_date
            and available_kpis.is_money

)

select
    kpi_id,
    calendar_date,
    is_stock,
    part,
    {%- for dimension in kpi_dimensions() %}
    {{ dimension }},
    {%- endfor %}
    case when denominator is not null then cast(numerator as decimal(28, 4)) end
        as numerator,
    case when numerator is not null then cast(denominator as decimal(28, 4)) end
        as denominator,
    row_count,
    matures_on,
    cast(native_numerator as decimal(28, 4)) as native_numerator,
    cast(native_denominator as decimal(28, 4)) as native_denominator,
    case
        when numerator is null or denominator is null
            then {{ no_rate('currency', 'calendar_date') }}
    end as blocked_by
from converted
