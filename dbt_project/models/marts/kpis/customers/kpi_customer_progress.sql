-- One row per customer and span of days during which neither the customer's state nor
-- the one before the days of the policy changes: is it better, the same or worse? Only
-- customers who owe something on either of the two days have a state to progress from.

with

states as (

    select * from {{ ref('int_customer_states') }}

),

earlier_states as (

    select
        customer_id,
        state_rank,
        is_owing,
        {{ add_days('valid_from_date', var('customer_progress_days')) }}
            as compared_from_date,
        {{ add_days('valid_to_date', var('customer_progress_days')) }}
            as compared_to_date
    from {{ ref('int_customer_states') }}

)

select
    states.customer_id as unit_id,
    greatest(states.valid_from_date, earlier_states.compared_from_date) as kpi_date,
    least(states.valid_to_date, earlier_states.compared_to_date) as ends_on,
    states.segment,
    states.region,
    case
        when states.state_rank < earlier_states.state_rank then 'improved'
        when states.state_rank > earlier_states.state_rank then 'worse'
        else 'same'
    end as progress,
    1 as numerator,
    1 as denominator
from states
inner join earlier_states
    on
        states.customer_id = earlier_states.customer_id
        and states.valid_from_date <= earlier_states.compared_to_date
        and states.valid_to_date >= earlier_states.compared_from_date
where states.is_owing or earlier_states.is_owing
