-- One row per customer who owes something and span of days (both ends included) during
-- which the channel the customer prefers stays known by the same: what the customer has
-- stated, else what the customer's record says, else what the customer answers by most.

with

owing as (

    select * from {{ ref('int_customers_owing') }}

),

stated as (

    select * from {{ ref('int_preferences_stated') }}
    where is_preferred

),

answered as (

    select * from {{ ref('int_channels_answered') }}

),

changes as (

    select
        customer_id,
        valid_from_date as calendar_date
    from stated

    union all

    select
        customer_id,
        {{ add_days('valid_to_date', 1) }} as calendar_date
    from stated

    union all

    select
        customer_id,
        valid_from_date as calendar_date
    from answered

),

spans as (

    {{ owing_cut_by_changes() }}

),

with_stated as (

    select
        spans.customer_id,
        spans.valid_from_date,
        spans.valid_to_date,
        case
            when count(stated.channel) > 1 then 'tie'
            else min(stated.channel)
        end as stated_channel
    from spans
    left join stated
        on
            spans.customer_id = stated.customer_id
            and spans.valid_from_date >= stated.valid_from_date
            and spans.valid_from_date <= stated.valid_to_date
    group by spans.customer_id, spans.valid_from_date, spans.valid_to_date

)

select
    with_stated.customer_id,
    with_stated.valid_from_date,
    with_stated.valid_to_date,
    coalesce(with_stated.stated_channel, customers.preferred_channel, answered.channel)
        as channel,
    case
        when with_stated.stated_channel is not null then 'stated'
        when customers.preferred_channel is not null then 'recorded'
        when answered.channel is not null then 'answered'
        else 'unknown'
    end as preference_basis
from with_stated
left join {{ ref('dim_customers') }} as customers
    on with_stated.customer_id = customers.customer_id
left join answered
    on
        with_stated.customer_id = answered.customer_id
        and with_stated.valid_from_date >= answered.valid_from_date
        and with_stated.valid_from_date <= answered.valid_to_date
