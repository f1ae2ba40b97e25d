-- One row per contact we made with a customer who had said when or where to be
-- contacted, dated by the contact: was it so?

with

contacts as (

    select
        contacts.*,
        hour({{ local_time('contacts.started_at', 'customers.time_zone') }})
            as customer_hour
    from {{ ref('fct_contacts') }} as contacts
    left join {{ ref('dim_customers') }} as customers
        on contacts.customer_id = customers.customer_id
    where contacts.direction = 'outbound' and contacts.is_contacted

),

-- as known at the instant of the contact

stated as (

    select
        contacts.contact_id,
        preferences.is_preferred,
        preferences.channel = contacts.channel as is_of_channel,
        {{ is_out_of_stated_hours(
            'contacts.customer_hour',
            'preferences.stated_from_hour',
            'preferences.stated_to_hour'
        ) }} as is_out_of_hours
    from contacts
    inner join {{ ref('int_preferences_stated') }} as preferences
        on
            contacts.customer_id = preferences.customer_id
            and contacts.started_at >= preferences.valid_from_at
            and contacts.started_at < preferences.valid_to_at
    where
        preferences.is_preferred
        or preferences.stated_from_hour is not null
        or preferences.stated_to_hour is not null

),

judged as (

    select
        contact_id,
        count(*) filter (where is_preferred) as preferred_count,
        count(*) filter (where is_preferred and is_of_channel) as preferred_here_count,
        count(*) filter (where is_of_channel and is_out_of_hours) as out_of_hours_count
    from stated
    group by contact_id

)

select
    contacts.contact_id as unit_id,
    contacts.contact_date as kpi_date,
    contacts.segment,
    contacts.channel,
    contacts.actor,
    contacts.campaign,
    case
        when judged.out_of_hours_count > 0 then 0
        -- who names no channel has none against him
        when judged.preferred_count > 0 and judged.preferred_here_count = 0 then 0
        else 1
    end as numerator,
    1 as denominator
from contacts
inner join judged on contacts.contact_id = judged.contact_id
