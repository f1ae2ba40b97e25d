-- Every customer with something overdue at the end of as_of is in the contact queue or
-- among those kept out of it, nobody is in both, and nobody else is in either.

with

overdue as (

    select distinct customer_id from {{ ref('fct_debt_periods') }}
    where
        overdue_amount > 0
        and valid_to_date = (select as_of from {{ ref('int_clock') }})

),

places as (

    select
        customer_id,
        'overdue' as place
    from overdue

    union all

    select
        customer_id,
        'queue' as place
    from {{ ref('contact_queue') }}

    union all

    select distinct
        customer_id,
        'kept_out' as place
    from {{ ref('contact_queue_exclusions') }}

)

select
    customer_id,
    {{ listed('place', 'place') }} as places
from places
group by customer_id
having
    count(*) filter (where place = 'overdue') != 1
    or count(*) filter (where place in ('queue', 'kept_out')) != 1
