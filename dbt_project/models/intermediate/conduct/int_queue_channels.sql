-- One row per customer with something overdue and channel of the queue: can the
-- customer be reached there, is it closed by a conduct rule, how well does it suit the
-- customer?

with

clock as (

    select * from {{ ref('int_clock') }}

),

overdue as (

    select * from {{ ref('int_customers_overdue') }}

),

planned as (

    select
        customer_id,
        channel,
        case channel
            {%- for channel in var('queue_channels') %}
            when '{{ channel }}' then {{ loop.index }}
            {%- endfor %}
        end as default_rank
    from {{ ref('int_contact_attempts') }}
    where is_planned

),

-- a verified one, checked last

points as (

    select *
    from {{ ref('int_contact_points_known') }}
    qualify row_number() over (
        partition by customer_id, contact_point_kind
        order by
            is_verified desc,
            last_checked_date desc nulls last,
            contact_point_id asc
    ) = 1

),

point_counts as (

    select count(*) as point_count from points

),

reached as (

    select
        customer_id,
        channel,
        max(started_at) as last_reached_at
    from {{ ref('fct_contacts') }}
    where is_contacted
    group by customer_id, channel

),

closed as (

    select
        customer_id,
        channel,
        count(*) as rule_count
    from {{ ref('int_contacts_judged') }}
    where is_planned and is_breach
    group by customer_id, channel

),

preferred as (

    select
        customer_id,
        channel
    from {{ ref('int_channels_preferred') }}
    where valid_to_date = (select as_of from clock)

),

best as (

    select
        overdue.customer_id,
        best_channels.channel
    from overdue
    inner join {{ ref('best_channel_by_segment') }} as best_channels
        on
            (
                best_channels.dimension = 'segment'
                and overdue.segment = best_channels.member
            )
            or (
                best_channels.dimension = 'age_band'
                and overdue.age_band = best_channels.member
            )
            or best_channels.dimension = 'all'
    where best_channels.is_recommended
    -- the segment says more of a customer than the age, and either more than all
    qualify row_number() over (
        partition by overdue.customer_id
        order by
            case best_channels.dimension
                when 'segment' then 1
                when 'age_band' then 2
                else 3
            end
    ) = 1

),

based as (

    select
        planned.customer_id,
        planned.channel,
        points.contact_point_id,
        planned.default_rank,
        reached.last_reached_at,
        -- where none is delivered of anybody, nobody is known to lack one
        points.contact_point_id is not null
        or reached.last_reached_at is not null
        or (select point_count from point_counts) = 0 as is_reachable,
        coalesce(closed.rule_count, 0) = 0 as is_open,
        case
            when planned.channel = best.channel then 'shown_best'
            when planned.channel = preferred.channel then 'preferred'
            when reached.last_reached_at is not null then 'reached_before'
            else 'default'
        end as channel_basis
    from planned
    left join points
        on
            planned.customer_id = points.customer_id
            and points.contact_point_kind
            = case when planned.channel = 'email' then 'email' else 'phone' end
    left join reached
        on
            planned.customer_id = reached.customer_id
            and planned.channel = reached.channel
    left join closed
        on planned.customer_id = closed.customer_id and planned.channel = closed.channel
    left join best on planned.customer_id = best.customer_id
    left join preferred on planned.customer_id = preferred.customer_id

)

select
    customer_id,
    channel,
    contact_point_id,
    is_reachable,
    is_open,
    channel_basis,
    row_number() over (
        partition by customer_id
        order by
            case channel_basis
                when 'shown_best' then 1
                when 'preferred' then 2
                when 'reached_before' then 3
                else 4
            end asc,
            last_reached_at desc nulls last,
            default_rank asc
    ) as channel_rank
from based
