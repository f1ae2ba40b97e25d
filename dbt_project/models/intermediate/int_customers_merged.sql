-- One row per customer id: the golden customer it stands for after all merges.

with recursive

customers as (

    select
        customer_id,
        merged_into_customer_id
    from {{ ref('stg_billing__customers') }}

),

{{ merge_chains() }}
