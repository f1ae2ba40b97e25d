-- One row per debt recovered, dated by the day it was: was it paid without a person of
-- ours having had a part in it since it entered collection?

with

recoveries as (

    select * from {{ ref('fct_collection_episodes') }}
    where exit_reason in ('paid', 'settled_with_haircut')

),

last_payments as (

    select
        recoveries.episode_id,
        recoveries.customer_id,
        max(allocations.booked_at) as paid_at,
        count(*) filter (where allocations.payment_channel = 'agent') > 0
            as is_taken_by_a_person
    from recoveries
    inner join {{ ref('fct_allocations') }} as allocations
        on
            recoveries.contract_id = allocations.contract_id
            and recoveries.entry_date <= allocations.booked_date
            and recoveries.exit_date >= allocations.booked_date
    where allocations.restated_amount > 0
    group by recoveries.episode_id, recoveries.customer_id

),

moments as (

    select
        customer_id,
        paid_at as moment_at,
        episode_id,
        is_taken_by_a_person,
        cast(null as date) as contact_date
    from last_payments

    union all

    select
        customer_id,
        started_at as moment_at,
        cast(null as string) as episode_id,
        false as is_taken_by_a_person,
        contact_date
    from {{ ref('fct_contacts') }}
    where actor = 'human' and is_contacted

),

-- a contact after the last payment had no part in it
touched as (

    select
        episode_id,
        is_taken_by_a_person,
        max(contact_date) over (
            partition by customer_id order by moment_at
            range between unbounded preceding and current row
        ) as last_contact_date
    from moments

)

select
    recoveries.contract_id as unit_id,
    recoveries.exit_date as kpi_date,
    recoveries.portfolio,
    recoveries.product,
    recoveries.creditor_brand,
    recoveries.segment,
    recoveries.region,
    recoveries.age_band,
    case
        when touched.is_taken_by_a_person then 0
        when touched.last_contact_date >= recoveries.entry_date then 0
        else 1
    end as numerator,
    1 as denominator
from recoveries
inner join touched on recoveries.episode_id = touched.episode_id
