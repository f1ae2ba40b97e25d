-- One row per KPI, day, slice, part and currency of its amounts on which a stock
-- changes: spans beginning on the day add to it, those that ended the day before take
-- away. row_count is 0 where units are counted: the sides are their counts.

with

clock as (

    select * from {{ ref('int_clock') }}

),

money_kpis as (

    select kpi_id from {{ ref('kpi_catalog') }}
    where is_money

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

-- what is no money needs no rate, as if it were in the reporting currency

of_currencies as (

    select
        summed.*,
        case
            when money_kpis.kpi_id is not null then summed.currency
            else '{{ var("reporting_currency") }}'
        end as amount_currency
    from summed
    left join money_kpis on summed.kpi_id = money_kpis.kpi_id

),

sliced as (

    {{ slices('of_currencies', [
        'kpi_id', 'calendar_date', 'part', 'amount_currency', 'numerator',
        'denominator', 'row_count'
    ]) }}

),

changes as (

    select
        kpi_id,
        calendar_date,
        dimension,
        member,
        part,
        amount_currency,
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
        '{{ var("reporting_currency") }}' as amount_currency,
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
    amount_currency,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(row_count) as row_count
from changes
group by kpi_id, calendar_date, dimension, member, part, amount_currency
