-- One row per customer with something overdue, channel on which the customer can be
-- reached and no rule closes, and hour of the day after as_of that is permitted, worked
-- and within what the customer has stated.

with

channels as (

    select * from {{ ref('int_queue_channels') }}
    where is_reachable and is_open

),

-- what was stated, where a rule says to keep to it

preferences as (

    select distinct
        preferences.customer_id,
        preferences.channel,
        preferences.stated_from_hour,
        preferences.stated_to_hour
    from {{ ref('int_preferences_stated') }} as preferences
    inner join {{ ref('int_contacts_ruled') }} as ruled
        on
            preferences.customer_id = ruled.customer_id
            and preferences.channel = ruled.channel
    where
        preferences.valid_to_at = timestamp '9999-12-31 00:00:00'
        and ruled.is_planned
        and ruled.rule_kind = 'stated_hours'

)

select
    channels.customer_id,
    channels.channel,
    channels.contact_point_id,
    channels.channel_basis,
    channels.channel_rank,
    hours.customer_hour
from channels
inner join {{ ref('int_customers_overdue') }} as overdue
    on channels.customer_id = overdue.customer_id
inner join {{ ref('int_queue_hours') }} as hours
    on
        overdue.country = hours.country
        and overdue.region is not distinct from hours.region
        and overdue.time_zone = hours.time_zone
        and channels.channel = hours.channel
        and hours.is_permitted
left join preferences
    on
        channels.customer_id = preferences.customer_id
        and channels.channel = preferences.channel
where
    not coalesce(
        {{ is_out_of_stated_hours(
            'hours.customer_hour',
            'preferences.stated_from_hour',
            'preferences.stated_to_hour'
        ) }},
        false
    )
