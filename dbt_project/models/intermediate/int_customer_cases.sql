-- One row per customer and span of days (both ends included) during which what is known
-- of the case stays the same: which of its blocks are there, and whether the customer
-- owes something.

with

clock as (

    select * from {{ ref('int_clock') }}

),

-- a contract of which no instalment was ever delivered: nobody knows what it asks

unknown_debts as (

    select
        contracts.customer_id,
        coalesce(contracts.originated_date, date '0001-01-01') as valid_from_date,
        coalesce(
            {{ add_days('contracts.closed_date', -1) }}, date '9999-12-30'
        ) as valid_to_date
    from {{ ref('dim_contracts') }} as contracts
    left join {{ ref('fct_debt_periods') }} as periods
        on contracts.contract_id = periods.contract_id
    where periods.contract_id is null

),

-- what has once been recorded of these stays on record

first_days as (

    select
        customer_id,
        'contact_details' as block,
        min(known_from_date) as valid_from_date
    from {{ ref('int_contact_points_known') }}
    group by customer_id

    union all

    select
        customer_id,
        'history' as block,
        min(booked_date) as valid_from_date
    from {{ ref('fct_allocations') }}
    where movement_kind = 'payment' and customer_id is not null
    group by customer_id

    union all

    select
        customer_id,
        'history' as block,
        min(exit_date) as valid_from_date
    from {{ ref('fct_collection_episodes') }}
    where exit_date is not null
    group by customer_id

    union all

    select
        customer_id,
        'agreement' as block,
        min(coalesce(offered_date, signed_date, activated_date)) as valid_from_date
    from {{ ref('fct_agreements') }}
    group by customer_id

    union all

    select
        customer_id,
        'agreement' as block,
        min(made_date) as valid_from_date
    from {{ ref('fct_promises') }}
    group by customer_id

),

spans as (

    select
        customer_id,
        'owing' as block,
        valid_from_date,
        valid_to_date
    from {{ ref('int_customers_owing') }}

    union all

    select
        customer_id,
        'verified_point' as block,
        valid_from_date,
        valid_to_date
    from {{ ref('int_contact_points_verified') }}

    union all

    select
        customer_id,
        'unknown_debt' as block,
        valid_from_date,
        valid_to_date
    from unknown_debts

    union all

    select
        customer_id,
        block,
        valid_from_date,
        date '9999-12-30' as valid_to_date
    from first_days

),

begun_and_ended as (

    select
        customer_id,
        block,
        valid_from_date as calendar_date,
        1 as span_change
    from spans

    union all

    select
        customer_id,
        block,
        {{ add_days('valid_to_date', 1) }} as calendar_date,
        -1 as span_change
    from spans

),

changes as (

    select
        customer_id,
        calendar_date,
        coalesce(sum(span_change) filter (where block = 'owing'), 0)
            as owing_change,
        coalesce(sum(span_change) filter (where block = 'contact_details'), 0)
            as contact_details_change,
        coalesce(sum(span_change) filter (where block = 'verified_point'), 0)
            as verified_point_change,
        coalesce(sum(span_change) filter (where block = 'unknown_debt'), 0)
            as unknown_debt_change,
        coalesce(sum(span_change) filter (where block = 'history'), 0)
            as history_change,
        coalesce(sum(span_change) filter (where block = 'agreement'), 0)
            as agreement_change
    from begun_and_ended
    where calendar_date <= (select as_of from clock)
    group by customer_id, calendar_date

),

counted as (

    select
        customer_id,
        calendar_date as valid_from_date,
        coalesce(
            {{ add_days('lead(calendar_date) over customer', -1) }},
            (select as_of from clock)
        ) as valid_to_date,
        sum(owing_change) over so_far as owing_count,
        sum(contact_details_change) over so_far as contact_details_count,
        sum(verified_point_change) over so_far as verified_point_count,
        sum(unknown_debt_change) over so_far as unknown_debt_count,
        sum(history_change) over so_far as history_count,
        sum(agreement_change) over so_far as agreement_count
    from changes
    window
        customer as (partition by customer_id order by calendar_date),
        so_far as (
            partition by customer_id order by calendar_date
            rows between unbounded preceding and current row
        )

)

select
    customer_id,
    valid_from_date,
    valid_to_date,
    owing_count > 0 as is_owing,
    contact_details_count > 0 as has_contact_details,
    verified_point_count > 0 as has_verified_point,
    unknown_debt_count = 0 as has_owed,
    history_count > 0 as has_history,
    agreement_count > 0 as has_agreement
from counted
