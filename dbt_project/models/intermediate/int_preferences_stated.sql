-- One row per customer, channel and span of time during which what the customer has
-- said of the channel holds: from an instant (included) to the next one (not included).

with

clock as (

    select * from {{ ref('int_clock') }}

),

consents as (

    select * from {{ ref('stg_contact__consents') }}
    where effective_date <= (select as_of from clock)

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

golden as (

    select
        consents.*,
        coalesce(merged.golden_customer_id, consents.customer_id) as golden_customer_id
    from consents
    left join merged on consents.customer_id = merged.customer_id

)

select
    golden_customer_id as customer_id,
    channel,
    is_opted_in,
    -- who opts out of a channel prefers it no more
    is_preferred and coalesce(is_opted_in, true) as is_preferred,
    stated_from_hour,
    stated_to_hour,
    effective_at as valid_from_at,
    coalesce(
        lead(effective_at) over changes, timestamp '9999-12-31 00:00:00'
    ) as valid_to_at,
    effective_date as valid_from_date,
    coalesce(
        {{ add_days('lead(effective_date) over changes', -1) }},
        (select as_of from clock)
    ) as valid_to_date
from golden
window changes as (
    partition by golden_customer_id, channel order by effective_at, customer_id
)
