-- One row per customer and stay in collection that is complex or of high value, dated
-- by its entry: has a person been in touch with the customer during it? It is mature
-- once one has, or once it is over.

with

clock as (

    select * from {{ ref('int_clock') }}

),

stays as (

    select
        *,
        coalesce(exit_date, (select as_of from clock)) as last_date
    from {{ ref('fct_customer_episodes') }}

),

-- the exposure of each debt at the rate of its entry; without a rate the others decide

debts as (

    select
        debt_episodes.customer_id,
        debt_episodes.entry_date,
        contracts.is_complex,
        debt_episodes.exposure_amount * rates.rate as exposure_amount
    from {{ ref('fct_collection_episodes') }} as debt_episodes
    inner join {{ ref('dim_contracts') }} as contracts
        on debt_episodes.contract_id = contracts.contract_id
    left join {{ ref('int_fx_rates') }} as rates
        on
            debt_episodes.currency = rates.currency
            and debt_episodes.entry_date = rates.rate_date

),

cases as (

    select
        stays.episode_id,
        stays.customer_id,
        stays.entry_date,
        stays.exit_date,
        stays.last_date,
        stays.portfolio,
        stays.product,
        stays.creditor_brand,
        stays.segment,
        stays.region,
        stays.age_band
    from stays
    inner join debts
        on
            stays.customer_id = debts.customer_id
            and stays.entry_date <= debts.entry_date
            and stays.last_date >= debts.entry_date
    group by all
    having
        max(case when debts.is_complex then 1 else 0 end) = 1
        or sum(debts.exposure_amount) >= {{ var('high_value_amount') }}

),

touches as (

    select
        cases.episode_id,
        min(contacts.contact_date) as first_touch_date
    from cases
    inner join {{ ref('fct_contacts') }} as contacts
        on
            cases.customer_id = contacts.customer_id
            and cases.entry_date <= contacts.contact_date
            and cases.last_date >= contacts.contact_date
    where contacts.actor = 'human' and contacts.is_contacted
    group by cases.episode_id

)

select
    cases.episode_id as unit_id,
    cases.entry_date as kpi_date,
    coalesce(touches.first_touch_date, cases.exit_date, date '9999-12-31')
        as matures_on,
    cases.portfolio,
    cases.product,
    cases.creditor_brand,
    cases.segment,
    cases.region,
    cases.age_band,
    case when touches.episode_id is null then 0 else 1 end as numerator,
    1 as denominator
from cases
left join touches on cases.episode_id = touches.episode_id
