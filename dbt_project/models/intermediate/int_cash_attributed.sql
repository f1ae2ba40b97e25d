-- One row per cash movement and debt it goes to (or is left unapplied), and the contact
-- it is attributed to: the last that reached the customer before the payment, not too
-- long before. What undoes a payment follows the payment. Cash without such a contact
-- is here, too, and attributed to none.

with

contacts as (

    select * from {{ ref('fct_contacts') }}
    -- a customer who comes to serve themselves is not reached by us
    where is_contacted and (direction = 'outbound' or actor in ('human', 'bot'))

),

cash as (

    select * from {{ ref('fct_cash') }}

),

allocations as (

    select
        allocations.*,
        payments.booked_at as paid_at,
        payments.booked_date as paid_date
    from {{ ref('fct_allocations') }} as allocations
    inner join cash on allocations.cash_id = cash.cash_id
    inner join cash as payments on cash.cleared_cash_id = payments.cash_id
    where allocations.is_ours

),

moments as (

    select
        customer_id,
        started_at as moment_at,
        contact_id,
        cast(null as string) as allocation_id
    from contacts

    union all

    select
        customer_id,
        paid_at as moment_at,
        cast(null as string) as contact_id,
        allocation_id
    from allocations
    where customer_id is not null

),

-- the number of a contact is that of everything up to the next; what begins with the
-- payment does not come before it
numbered as (

    select
        *,
        count(contact_id) over (
            partition by customer_id
            order by
                moment_at asc, allocation_id asc nulls last, contact_id asc nulls first
            rows between unbounded preceding and current row
        ) as contact_number
    from moments

),

last_contacts as (

    select
        payments.allocation_id,
        contacts.contact_id
    from numbered as payments
    inner join numbered as contacts
        on
            payments.customer_id = contacts.customer_id
            and payments.contact_number = contacts.contact_number
    where payments.allocation_id is not null and contacts.contact_id is not null

)

select
    allocations.allocation_id,
    allocations.contract_id,
    allocations.customer_id,
    allocations.booked_date,
    allocations.amount,
    allocations.currency,

    -- what it is attributed to
    contacts.contact_id,
    contacts.contact_date,
    contacts.channel,
    contacts.actor,
    contacts.agent_id,
    contacts.team,
    contacts.campaign
from allocations
left join last_contacts on allocations.allocation_id = last_contacts.allocation_id
left join contacts
    on
        last_contacts.contact_id = contacts.contact_id
        and allocations.paid_date
        <= {{ add_days('contacts.contact_date', var('attribution_window_days')) }}
