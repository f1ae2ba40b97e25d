-- Month by month and channel by channel, the funnel shows the sides of the KPIs of
-- messages.

with

sides as (

    select
        month_start_date,
        channel,
        sent_count,
        delivered_count,
        opened_count,
        clicked_count,
        visited_count
    from {{ ref('message_funnel') }}

    union all

    select
        {{ period_start('month', 'kpi_date') }} as month_start_date,
        channel,
        -denominator as sent_count,
        -numerator as delivered_count,
        0 as opened_count,
        0 as clicked_count,
        0 as visited_count
    from {{ ref('kpi_message_delivery_rate') }}

    union all

    select
        {{ period_start('month', 'kpi_date') }} as month_start_date,
        channel,
        0 as sent_count,
        0 as delivered_count,
        -numerator as opened_count,
        0 as clicked_count,
        0 as visited_count
    from {{ ref('kpi_message_open_rate') }}

    union all

    select
        {{ period_start('month', 'kpi_date') }} as month_start_date,
        channel,
        0 as sent_count,
        0 as delivered_count,
        0 as opened_count,
        -numerator as clicked_count,
        0 as visited_count
    from {{ ref('kpi_message_click_rate') }}

    union all

    select
        {{ period_start('month', 'kpi_date') }} as month_start_date,
        channel,
        0 as sent_count,
        0 as delivered_count,
        0 as opened_count,
        0 as clicked_count,
        -numerator as visited_count
    from {{ ref('kpi_message_visit_rate') }}

)

select
    month_start_date,
    channel,
    sum(sent_count) as sent_count,
    sum(delivered_count) as delivered_count,
    sum(opened_count) as opened_count,
    sum(clicked_count) as clicked_count,
    sum(visited_count) as visited_count
from sides
group by month_start_date, channel
having
    sum(sent_count) != 0
    or sum(delivered_count) != 0
    or sum(opened_count) != 0
    or sum(clicked_count) != 0
    or sum(visited_count) != 0
