-- One row per contact of either side by as_of, and one per customer with something
-- overdue and channel of the queue: the contact that could be made on the day after.
-- The hours and days are those of the customer's clock.

with

clock as (

    select
        as_of,
        {{ add_days('as_of', 1) }} as queue_date
    from {{ ref('int_clock') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

overdue as (

    select distinct customer_id from {{ ref('fct_debt_periods') }}
    where
        overdue_amount > 0
        and valid_to_date = (select as_of from clock)

),

attempts as (

    select
        contact_id as attempt_id,
        contact_id,
        false as is_planned,
        customer_id,
        contract_id,
        channel,
        is_call,
        direction,
        outcome,
        is_contacted,
        is_right_party_call,
        started_at
    from contacts

    {% for channel in var('queue_channels') -%}
    union all

    select
        customer_id || ' {{ channel }}' as attempt_id,
        cast(null as string) as contact_id,
        true as is_planned,
        customer_id,
        cast(null as string) as contract_id,
        '{{ channel }}' as channel,
        {{ "'" ~ channel ~ "'" }} in ('voice', 'ivr') as is_call,
        'outbound' as direction,
        cast(null as string) as outcome,
        false as is_contacted,
        false as is_right_party_call,
        cast(null as timestamp) as started_at
    from overdue

    {% endfor -%}
),

local as (

    select
        attempts.*,
        {{ customer_country('customers.country') }} as country,
        customers.region,
        {{ local_time('attempts.started_at', 'customers.time_zone') }} as local_at
    from attempts
    left join customers on attempts.customer_id = customers.customer_id

)

select
    attempt_id,
    contact_id,
    is_planned,

    -- with whom, about what
    customer_id,
    contract_id,
    country,
    region,

    -- how
    channel,
    case when is_call then 'call' else channel end as medium,
    direction,
    outcome,
    is_right_party_call as is_conversation,
    -- the customer in person was called, or calls, or was sent what arrived
    is_right_party_call or (is_contacted and not is_call and direction = 'outbound')
        as is_direct_contact,

    -- when
    started_at,
    local_at,
    case
        when is_planned then (select queue_date from clock)
        else cast(local_at as date)
    end as local_date
from local
