-- One row per customer and span of days (both ends included) during which the channel
-- the customer has answered by most often so far stays the same: tie, where several
-- have been answered by as often.

with

clock as (

    select * from {{ ref('int_clock') }}

),

answers as (

    select
        customer_id,
        channel,
        response_at,
        response_date,
        row_number() over (
            partition by customer_id, channel order by response_at
        ) as channel_answers
    from {{ ref('int_customer_responses') }}
    where response_kind in ('reply', 'click', 'call_back') and channel is not null

),

-- a channel leads when it is the first to reach the most answers, and shares the lead
-- with those that reach as many

leads as (

    select
        *,
        max(channel_answers) over so_far as most_answers
    from answers
    window so_far as (
        partition by customer_id order by response_at, channel
        rows between unbounded preceding and current row
    )

),

led as (

    select
        *,
        count(*) over so_far as leaders,
        row_number() over (
            partition by customer_id, response_date
            order by response_at desc, channel desc
        ) as from_end_of_day
    from leads
    where channel_answers = most_answers
    window so_far as (
        partition by customer_id, most_answers order by response_at, channel
        rows between unbounded preceding and current row
    )

),

days as (

    select
        customer_id,
        response_date as valid_from_date,
        case when leaders = 1 then channel else 'tie' end as channel
    from led
    where from_end_of_day = 1

),

turns as (

    select *
    from days
    qualify channel is distinct from lag(channel) over (
        partition by customer_id order by valid_from_date
    )

)

select
    customer_id,
    channel,
    valid_from_date,
    coalesce(
        {{ add_days(
            'lead(valid_from_date) over (
                partition by customer_id order by valid_from_date
            )',
            -1
        ) }},
        (select as_of from clock)
    ) as valid_to_date
from turns
