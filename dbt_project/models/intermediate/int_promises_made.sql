-- One row per promise made by as_of, with its golden customer and whether it still
-- stands.

with

clock as (

    select * from {{ ref('int_clock') }}

),

promises as (

    select * from {{ ref('stg_contact__promises') }}
    where made_date <= (select as_of from clock)

),

merged as (

    select * from {{ ref('int_customers_merged') }}

)

select
    promises.promise_id,
    coalesce(merged.golden_customer_id, promises.customer_id) as customer_id,
    promises.contract_id,
    promises.contact_id,
    promises.amount,
    promises.currency,
    promises.due_date,
    promises.made_at,
    promises.made_date,
    promises.has_made_time,
    promises.direction,
    promises.channel,
    coalesce(promises.cancelled_date <= (select as_of from clock), false)
        as is_cancelled,
    successors.promise_id is not null as is_superseded,
    not coalesce(promises.cancelled_date <= (select as_of from clock), false)
    and successors.promise_id is null as is_standing
from promises
left join merged on promises.customer_id = merged.customer_id
left join promises as successors
    on promises.superseded_by_promise_id = successors.promise_id
