-- One row per golden customer and stay in collection: from the first to the last day of
-- the customer's overlapping debt episodes. Its portfolio is that of the debt with the
-- largest exposure at entry, in the reporting currency at the rate of that day.

with

debt_episodes as (

    select
        episodes.*,
        cast(
            episodes.exposure_amount * {{ rate_of('episodes.currency', 'rates') }}
            as decimal(18, 2)
        ) as reporting_exposure_amount
    from {{ ref('fct_collection_episodes') }} as episodes
    left join {{ ref('int_fx_rates') }} as rates
        on
            episodes.currency = rates.currency
            and episodes.entry_date = rates.rate_date

),

reached_so_far as (

    select
        *,
        max(last_date) over (
            partition by customer_id order by entry_date, episode_id
            rows between unbounded preceding and 1 preceding
        ) as last_date_before
    from debt_episodes

),

numbered as (

    select
        *,
        sum(case when entry_date <= last_date_before then 0 else 1 end) over (
            partition by customer_id order by entry_date, episode_id
            rows between unbounded preceding and current row
        ) as stay_number
    from reached_so_far

),

stays as (

    select
        customer_id,
        stay_number,
        min(entry_date) as entry_date,
        case when count(*) = count(exit_date) then max(exit_date) end as exit_date,
        count(*) as debt_count,
        -- a sum that lacks a rate is none
        case
            when count(*) = count(reporting_exposure_amount)
                then sum(reporting_exposure_amount)
        end as exposure_amount
    from numbered
    group by customer_id, stay_number

),

leading_debts as (

    select *
    from numbered
    qualify row_number() over (
        partition by customer_id, stay_number
        order by
            reporting_exposure_amount desc nulls last,
            exposure_amount desc,
            episode_id asc
    ) = 1

),

first_contacts as (

    select *
    from numbered
    where first_contacted_at is not null
    qualify row_number() over (
        partition by customer_id, stay_number
        order by first_contacted_at, first_contact_id, episode_id
    ) = 1

),

-- what was overdue when the first contact began: as of the day before, with what fell
-- due that day, less the cash known to have come earlier on the day

overdue_that_day as (

    select
        first_contacts.customer_id,
        first_contacts.stay_number,
        states.contract_id,
        max_by(
            case
                when states.calendar_date = first_contacts.first_contact_date
                    then states.restated_overdue_before_cash_amount
                else states.restated_overdue_amount
            end,
            states.calendar_date
        ) as overdue_amount
    from first_contacts
    inner join numbered
        on
            first_contacts.customer_id = numbered.customer_id
            and first_contacts.stay_number = numbered.stay_number
            and first_contacts.first_contact_date >= numbered.entry_date
            and first_contacts.first_contact_date <= numbered.last_date
    inner join {{ ref('int_debt_states') }} as states
        on
            numbered.contract_id = states.contract_id
            and states.schedule_id = 'contractual'
            and first_contacts.first_contact_date >= states.calendar_date
    group by
        first_contacts.customer_id, first_contacts.stay_number, states.contract_id

),

paid_earlier_that_day as (

    select
        first_contacts.customer_id,
        first_contacts.stay_number,
        allocations.contract_id,
        sum(allocations.restated_debt_amount) as paid_amount
    from first_contacts
    inner join {{ ref('fct_allocations') }} as allocations
        on
            first_contacts.customer_id = allocations.customer_id
            and first_contacts.first_contact_date = allocations.booked_date
            and first_contacts.first_contacted_at > allocations.booked_at
    where allocations.contract_id is not null
    group by
        first_contacts.customer_id, first_contacts.stay_number, allocations.contract_id

),

overdue_then as (

    select
        overdue_that_day.customer_id,
        overdue_that_day.stay_number,
        sum(
            greatest(
                overdue_that_day.overdue_amount
                - coalesce(paid_earlier_that_day.paid_amount, 0),
                0
            )
        ) as overdue_amount
    from overdue_that_day
    left join paid_earlier_that_day
        on
            overdue_that_day.customer_id = paid_earlier_that_day.customer_id
            and overdue_that_day.stay_number = paid_earlier_that_day.stay_number
            and overdue_that_day.contract_id = paid_earlier_that_day.contract_id
    group by overdue_that_day.customer_id, overdue_that_day.stay_number

)

select
    stays.customer_id || ':' || stays.entry_date as episode_id,
    stays.customer_id,
    stays.entry_date,
    stays.exit_date,
    stays.debt_count,
    cast(stays.exposure_amount as decimal(18, 2)) as exposure_amount,
    first_contacts.first_contact_id,
    first_contacts.first_contacted_at,
    first_contacts.first_contact_date,
    first_contacts.first_contact_channel,
    cast(overdue_then.overdue_amount as decimal(18, 2))
        as overdue_at_first_contact_amount,
    leading_debts.portfolio,
    leading_debts.product,
    leading_debts.creditor_brand,
    leading_debts.segment,
    leading_debts.region,
    leading_debts.age_band
from stays
inner join leading_debts
    on
        stays.customer_id = leading_debts.customer_id
        and stays.stay_number = leading_debts.stay_number
left join first_contacts
    on
        stays.customer_id = first_contacts.customer_id
        and stays.stay_number = first_contacts.stay_number
left join overdue_then
    on
        stays.customer_id = overdue_then.customer_id
        and stays.stay_number = overdue_then.stay_number
