-- One row per KPI that counts its rows, day and combination of all its dimensions and
-- parts: what happened on the day (is_stock false), or what was so at the end of it,
-- for month ends and as_of (is_stock true). Sum numerator and denominator over any of
-- the dimensions, then divide; sum stocks over one day only.

with

available_kpis as (

    select
        kpi_id,
        is_numerator_money,
        is_denominator_money
    from {{ ref('kpi_catalog') }}
    where is_available

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

cells as (

    select * from {{ ref('int_kpi_cells') }}

),

-- the rate of the day: of a cohort, of its entry; of cash, of its booking; of a stock,
-- of the day it is read on

converted as (

    select
        cells.*,
        {{ converted(
            'cells.numerator', 'available_kpis.is_numerator_money',
            rate_of('cells.currency', 'rates')
        ) }} as converted_numerator,
        {{ converted(
            'cells.denominator', 'available_kpis.is_denominator_money',
            rate_of('cells.currency', 'rates')
        ) }} as converted_denominator
    from cells
    inner join available_kpis on cells.kpi_id = available_kpis.kpi_id
    left join rates
        on
            cells.currency = rates.currency
            and cells.calendar_date = rates.rate_date

)

select
    kpi_id,
    calendar_date,
    is_stock,
    part,
    {%- for dimension in kpi_dimensions() %}
    {{ dimension }},
    {%- endfor %}
    case
        when converted_denominator is not null
            then cast(converted_numerator as decimal(28, 4))
    end as numerator,
    case
        when converted_numerator is not null
            then cast(converted_denominator as decimal(28, 4))
    end as denominator,
    row_count,
    matures_on,
    cast(numerator as decimal(28, 4)) as native_numerator,
    cast(denominator as decimal(28, 4)) as native_denominator,
    case
        when converted_numerator is null or converted_denominator is null
            then {{ no_rate('currency', 'calendar_date') }}
    end as blocked_by
from converted
