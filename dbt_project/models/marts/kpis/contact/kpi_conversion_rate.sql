-- One row per customer and collection episode, dated by the first contact: did the
-- customer pay or agree within the window after it?

with

first_contacts as (

    select
        *,
        {{ add_days('first_contact_date', var('conversion_window_days')) }}
            as window_end_date
    from {{ ref('fct_customer_episodes') }}
    -- who owed nothing any more was never there to be converted
    where overdue_at_first_contact_amount > 0

),

responses as (

    select
        customer_id,
        response_at,
        response_date
    from {{ ref('int_customer_responses') }}
    where response_kind in ('payment', 'agreement')

),

converted as (

    select distinct first_contacts.episode_id
    from first_contacts
    inner join responses
        on
            first_contacts.customer_id = responses.customer_id
            and first_contacts.first_contacted_at < responses.response_at
            and first_contacts.window_end_date >= responses.response_date

)

select
    first_contacts.customer_id as unit_id,
    first_contacts.first_contact_date as kpi_date,
    first_contacts.window_end_date as matures_on,
    first_contacts.portfolio,
    first_contacts.product,
    first_contacts.creditor_brand,
    first_contacts.segment,
    first_contacts.region,
    first_contacts.age_band,
    first_contacts.first_contact_channel as channel,
    case when converted.episode_id is null then 0 else 1 end as numerator,
    1 as denominator
from first_contacts
left join converted on first_contacts.episode_id = converted.episode_id
