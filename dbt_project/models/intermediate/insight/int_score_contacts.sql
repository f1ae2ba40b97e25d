-- One row per decision day and customer there was a contact with in the days before it
-- that are looked back on, as known on the day.

with

days as (

    select * from {{ ref('int_score_days') }}

),

versions as (

    {{ delivered_versions('contact', 'contacts') }}

),

contacts as (

    select
        customer_id,
        lower(direction) = 'outbound' as is_outbound,
        coalesce(
            lower(party) = 'right' and lower(outcome) = 'connected', false
        ) as is_right_party,
        {{ business_date('started_at') }} as contact_date,
        known_from_date,
        known_to_date
    from versions

),

looked_back_on as (

    select
        days.decision_date,
        contacts.customer_id,
        count(*) filter (where contacts.is_outbound) as attempt_count,
        count(*) filter (where contacts.is_right_party) as reached_count,
        count(*) filter (where not contacts.is_outbound) as inbound_count
    from contacts
    inner join days
        on
            {{ is_version_of('contacts') }}
            and contacts.contact_date <= days.decision_date
            and contacts.contact_date
            > {{ add_days('days.decision_date', -var('score_lookback_days')) }}
    group by days.decision_date, contacts.customer_id

)

select
    looked_back_on.decision_date,
    coalesce(customers.golden_customer_id, looked_back_on.customer_id) as customer_id,
    sum(looked_back_on.attempt_count) as attempt_count,
    sum(looked_back_on.reached_count) as reached_count,
    sum(looked_back_on.inbound_count) as inbound_count
from looked_back_on
left join {{ ref('int_score_customers') }} as customers
    on
        looked_back_on.decision_date = customers.decision_date
        and looked_back_on.customer_id = customers.customer_id
group by
    looked_back_on.decision_date,
    coalesce(customers.golden_customer_id, looked_back_on.customer_id)
