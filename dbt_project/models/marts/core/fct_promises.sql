-- One row per promise to pay and what became of it as of as_of.

with

clock as (

    select * from {{ ref('int_clock') }}

),

promises as (

    select
        *,
        {{ add_days('due_date', var('promise_grace_days') + 1) }} as matures_on
    from {{ ref('int_promises_made') }}

),

fulfilled as (

    select * from {{ ref('int_promises_fulfilled') }}

)

select
    promises.promise_id,
    promises.customer_id,
    promises.contract_id,
    contracts.account_id,
    promises.contact_id,

    -- what was promised
    promises.amount,
    promises.currency,
    promises.due_date,
    promises.made_at,
    promises.made_date,
    promises.matures_on,
    promises.matures_on <= (select as_of from clock) as is_matured,
    promises.direction,
    promises.channel,

    -- what became of it
    coalesce(fulfilled.kept_amount, 0) as kept_amount,
    coalesce(fulfilled.late_amount, 0) as late_amount,
    case
        when promises.is_cancelled then 'cancelled'
        when promises.is_superseded then 'superseded'
        when
            fulfilled.kept_amount * 100
            >= promises.amount * {{ var('promise_threshold_percent') }}
            then 'kept'
        when promises.matures_on > (select as_of from clock) then 'pending'
        when
            (fulfilled.kept_amount + fulfilled.late_amount) * 100
            >= promises.amount * {{ var('promise_threshold_percent') }}
            then 'kept_late'
        when fulfilled.kept_amount + fulfilled.late_amount > 0 then 'partial'
        else 'broken'
    end as promise_status,

    -- what it belongs to
    contacts.agent_id,
    contacts.team,
    contacts.campaign,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    customers.segment,
    customers.region,
    {{ age_band('customers.birth_date', 'promises.made_date') }} as age_band
from promises
left join fulfilled on promises.promise_id = fulfilled.promise_id
left join {{ ref('dim_contracts') }} as contracts
    on promises.contract_id = contracts.contract_id
left join {{ ref('dim_customers') }} as customers
    on promises.customer_id = customers.customer_id
left join {{ ref('fct_contacts') }} as contacts
    on promises.contact_id = contacts.contact_id
