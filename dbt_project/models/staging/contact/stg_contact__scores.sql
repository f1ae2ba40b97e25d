-- One row per customer, model and instant at which the model scored the customer.

with

delivered as (

    {{ delivered('contact', 'scores') }}

)

select
    -- ids
    customer_id,

    -- what was said
    model,
    {{ read_as('score', 'double') }} as score,

    -- when
    {{ instant('scored_at') }} as scored_at,
    {{ business_date('scored_at') }} as scored_date

from delivered
