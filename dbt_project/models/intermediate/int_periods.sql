-- One row per day (the newest ones), week, month, quarter and year from the first event
-- to as_of, with the last day of it that has come.

with

clock as (

    select * from {{ ref('int_clock') }}

),

days as (

    select calendar_date from {{ ref('dim_dates') }}

),

starts as (

    {% for grain in period_grains() %}
    select distinct
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'calendar_date') }} as period_start,
        {{ previous_period_start(grain, period_start(grain, 'calendar_date')) }}
            as previous_period_start,
        {{ add_days(
            next_period_start(grain, period_start(grain, 'calendar_date')), -1
        ) }} as period_end
    from days
    {%- if grain == 'day' %}
    where
        calendar_date
        > {{ add_days('(select as_of from clock)', -var('published_days')) }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    starts.period_grain,
    starts.period_start,
    starts.previous_period_start,
    starts.period_end,
    least(starts.period_end, clock.as_of) as last_date,
    {{ days_between(
        'starts.period_start', 'least(starts.period_end, clock.as_of)'
    ) }} + 1 as elapsed_days,
    starts.period_end <= clock.as_of as is_complete_period
from starts
cross join clock
