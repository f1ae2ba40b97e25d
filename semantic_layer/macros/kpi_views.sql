{#- The rows a KPI's metrics are summed from. Every figure has its sides apart: what
    happened (numerator, denominator), and what was so (numerator_stock, ...). -#}

{#- A KPI that counts its rows and has moments only: one row per day and combination of
    its dimensions. -#}
{% macro row_moments(kpi_id, dimensions, mix=none, native=false) -%}
with

cells as (

    {{ cells(kpi_id, dimensions, mix, native) }}

),

moments as (

    select
        calendar_date,
        {{ listed(dimensions, mix) }}
        numerator,
        denominator,
        blocked
    from cells
    where not is_stock

)

{{ of_all_parts(
    'moments', dimensions, mix, ['numerator'], ['denominator', 'blocked']
) }}
{%- endmacro %}

{#- A KPI that counts its rows and reads its spans on the eve of a period (start) or on
    its last day (end): one row per month and combination, for what happened and for the
    stock. Every combination is there in every month, with nothing if need be: the first
    or last month of a longer period is then the same for all. -#}
{% macro row_stocks(kpi_id, dimensions, rule, sides, mix=none, native=false) -%}
with

cells as (

    {{ cells(kpi_id, dimensions, mix, native) }}

),

months as (

    {{ months(rule) }}

),

combinations as (

    select distinct {{ listed(dimensions, mix) }} 1 as one
    from cells

),

moments_and_stocks as (

    select
        cast(date_trunc('month', calendar_date) as date) as calendar_date,
        {{ listed(dimensions, mix) }}
        numerator,
        denominator,
        blocked,
        0 as numerator_stock,
        0 as denominator_stock,
        0 as blocked_stock
    from cells
    where not is_stock

    union all

    select
        months.month_start_date as calendar_date,
        {{ listed(dimensions, mix, 'cells.') }}
        0 as numerator,
        0 as denominator,
        0 as blocked,
        {{ 'cells.numerator' if 'numerator' in sides else 0 }} as numerator_stock,
        {{ 'cells.denominator' if 'denominator' in sides else 0 }} as denominator_stock,
        cells.blocked as blocked_stock
    from months
    inner join cells on months.read_date = cells.calendar_date
    where cells.is_stock

    union all

    select
        months.month_start_date as calendar_date,
        {{ listed(dimensions, mix, 'combinations.') }}
        0 as numerator,
        0 as denominator,
        0 as blocked,
        0 as numerator_stock,
        0 as denominator_stock,
        0 as blocked_stock
    from months
    cross join combinations

)

{{ of_all_parts(
    'moments_and_stocks', dimensions, mix, ['numerator', 'numerator_stock'],
    ['denominator', 'denominator_stock', 'blocked', 'blocked_stock']
) }}
{%- endmacro %}

{#- A KPI that counts its rows and reads its spans as the mean of the days of a period:
    one row per month and combination for what happened, one per month and span with its
    unit-days, and one per day and combination, by which the days of a period are
    counted. A period has all its days, those before the first event too. -#}
{% macro row_means(kpi_id, dimensions, sides, native=false) -%}
with

cells as (

    {{ cells(kpi_id, dimensions, none, native) }}

),

spans as (

    select
        {{ known(dimensions) }}
        kpi_date,
        ends_on,
        {{ 'numerator' if 'numerator' in sides else 0 }} as numerator,
        {{ 'denominator' if 'denominator' in sides else 0 }} as denominator
    from {{ source('release', 'kpi_' ~ kpi_id) }}
    where ends_on is not null and {{ is_available(kpi_id) }}

),

all_days as (

    select cast(calendar_date as date) as calendar_date
    from generate_series(
        (
            select least(min(year_start_date), min(week_start_date))
            from {{ source('release', 'dim_dates') }}
        ),
        (select max(calendar_date) from {{ source('release', 'dim_dates') }}),
        interval 1 day
    ) as days (calendar_date)

),

months as (

    select
        cast(date_trunc('month', calendar_date) as date) as month_start_date,
        max(calendar_date) as last_date
    from all_days
    group by cast(date_trunc('month', calendar_date) as date)

),

combinations as (

    select {{ listed(dimensions) }} 1 as one
    from cells
    union
    select {{ listed(dimensions) }} 1 as one
    from spans

),

span_days as (

    select
        months.month_start_date,
        {{ listed(dimensions, none, 'spans.') }}
        date_diff(
            'day',
            greatest(spans.kpi_date, months.month_start_date),
            least(spans.ends_on, months.last_date)
        ) + 1 as days,
        spans.numerator,
        spans.denominator
    from months
    inner join spans
        on
            months.last_date >= spans.kpi_date
            and months.month_start_date <= spans.ends_on

)

select
    cast(date_trunc('month', calendar_date) as date) as calendar_date,
    {{ listed(dimensions) }}
    numerator,
    denominator,
    blocked,
    0 as numerator_unit_days,
    0 as denominator_unit_days,
    cast(null as date) as day_of_period
from cells
where not is_stock

union all

select
    month_start_date as calendar_date,
    {{ listed(dimensions) }}
    0 as numerator,
    0 as denominator,
    0 as blocked,
    days * numerator as numerator_unit_days,
    days * denominator as denominator_unit_days,
    cast(null as date) as day_of_period
from span_days

union all

select
    cast(date_trunc('month', all_days.calendar_date) as date) as calendar_date,
    {{ listed(dimensions, none, 'combinations.') }}
    0 as numerator,
    0 as denominator,
    0 as blocked,
    0 as numerator_unit_days,
    0 as denominator_unit_days,
    all_days.calendar_date as day_of_period
from all_days
cross join combinations
{%- endmacro %}

{#- A KPI that counts units and has moments only: one row per row of the KPI, with the
    unit on the sides it counts on. -#}
{% macro unit_moments(kpi_id, dimensions) -%}
select
    kpi_date as calendar_date,
    {{ known(dimensions) }}
    {{ unit_on('numerator') }},
    {{ unit_on('denominator') }}
from {{ source('release', 'kpi_' ~ kpi_id) }}
where
    {{ is_available(kpi_id) }}
    and kpi_date <= (
        select max(calendar_date) from {{ source('release', 'dim_dates') }}
    )
{%- endmacro %}

{#- A KPI that counts units and reads its spans on the eve of a period (start) or on its
    last day (end): one row per month and moment in it or span that covers its day, with
    the unit on the sides it counts on; and one per month and combination, with none
    there. -#}
{% macro unit_stocks(kpi_id, dimensions, rule, sides) -%}
with

units as (

    select
        kpi_date,
        ends_on,
        {{ known(dimensions) }}
        {{ unit_on('numerator') }},
        {{ unit_on('denominator') }}
    from {{ source('release', 'kpi_' ~ kpi_id) }}
    where
        {{ is_available(kpi_id) }}
        and kpi_date <= (
            select max(calendar_date) from {{ source('release', 'dim_dates') }}
        )

),

months as (

    {{ months(rule) }}

),

combinations as (

    select distinct {{ listed(dimensions) }} 1 as one
    from units

)

select
    cast(date_trunc('month', kpi_date) as date) as calendar_date,
    {{ listed(dimensions) }}
    numerator_unit,
    denominator_unit
from units
where ends_on is null

union all

select
    months.month_start_date as calendar_date,
    {{ listed(dimensions, none, 'units.') }}
    {{ 'units.numerator_unit' if 'numerator' in sides else 'null' }}
        as numerator_unit,
    {{ 'units.denominator_unit' if 'denominator' in sides else 'null' }}
        as denominator_unit
from months
inner join units
    on
        months.read_date >= units.kpi_date
        and months.read_date <= units.ends_on

union all

select
    months.month_start_date as calendar_date,
    {{ listed(dimensions, none, 'combinations.') }}
    null as numerator_unit,
    null as denominator_unit
from months
cross join combinations
{%- endmacro %}
