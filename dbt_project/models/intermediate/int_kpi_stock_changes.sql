-- One row per KPI, day, slice, part and currency of its amounts on which a stock
-- changes: spans beginning on the day add to it, those that ended the day before take
-- away. row_count is 0 where units are counted: the sides are their counts.

with

money_kpis as (

    select kpi_id from {{ ref('kpi_catalog') }}
    where is_money

),

span_changes as (

    select * from {{ ref('int_kpi_span_changes') }}

),

-- what is no money needs no rate, as if it were in the reporting currency

of_currencies as (

    select
        span_changes.*,
        case
            when money_kpis.kpi_id is not null then span_changes.currency
            else '{{ var("reporting_currency") }}'
        end as amount_currency
    from span_changes
    left join money_kpis on span_changes.kpi_id = money_kpis.kpi_id

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
