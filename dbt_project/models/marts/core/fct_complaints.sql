-- One row per complaint received by as_of.

with

complaints as (

    select * from {{ ref('stg_contact__complaints') }}
    where received_date <= (select as_of from {{ ref('int_clock') }})

),

merged as (

    select * from {{ ref('int_customers_merged') }}

)

select
    complaints.complaint_id,
    coalesce(merged.golden_customer_id, complaints.customer_id) as customer_id,
    complaints.channel,
    complaints.reason,
    complaints.received_at,
    complaints.received_date
from complaints
left join merged on complaints.customer_id = merged.customer_id
