-- One row per KPI that counts its rows, period, slice and part: the sums of its
-- moments, in the reporting currency, of a currency in its own.

with

clock as (

    select * from {{ ref('int_clock') }}

),

cells as (

    select * from {{ ref('kpi_cells') }}
    where not is_stock

),

sliced as (

    {{ slices('cells', [
        'kpi_id', 'calendar_date', 'part', 'numerator', 'denominator',
        'native_numerator', 'native_denominator', 'row_count', 'matures_on',
        'blocked_by'
    ]) }}

),

daily as (

    select
        kpi_id,
        calendar_date,
        dimension,
        member,
        part,
        sum(case dimension when 'currency' then native_numerator else numerator end)
            as numerator,
        sum(
            case dimension when 'currency' then native_denominator else denominator end
        ) as denominator,
        sum(row_count) as row_count,
        max(matures_on) as matures_on,
        min(case when dimension != 'currency' then blocked_by end) as blocked_by
    from sliced
    group by kpi_id, calendar_date, dimension, member, part

)

{% for grain in period_grains() %}
select
    '{{ grain }}' as period_grain,
    {{ period_start(grain, 'calendar_date') }} as period_start,
    kpi_id,
    dimension,
    member,
    part,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(row_count) as row_count,
    max(matures_on) as matures_on,
    min(blocked_by) as blocked_by
from daily
{%- if grain == 'day' %}
where
    calendar_date > {{ add_days('(select as_of from clock)', -var('published_days')) }}
{%- endif %}
group by {{ period_start(grain, 'calendar_date') }}, kpi_id, dimension, member, part
{{ 'union all' if not loop.last }}
{% endfor %}
