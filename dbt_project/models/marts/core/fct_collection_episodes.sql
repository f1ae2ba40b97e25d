-- One row per debt and stay in collection, cut on restated cash: entry, exposure, first
-- contact, promise and payment, what was recovered, and how it ended.

with

clock as (

    select * from {{ ref('int_clock') }}

),

episodes as (

    select
        delinquencies.*,
        contracts.customer_id,
        contracts.account_id,
        contracts.portfolio,
        contracts.product,
        contracts.creditor_brand,
        contracts.currency,
        contracts.segment,
        contracts.region,
        contracts.birth_date,
        coalesce(delinquencies.exit_date, (select as_of from clock)) as last_date
    from {{ ref('int_debt_delinquencies') }} as delinquencies
    inner join {{ ref('dim_contracts') }} as contracts
        on delinquencies.contract_id = contracts.contract_id

),

recovered as (

    select * from {{ ref('int_episodes_recovered') }}

),

-- we reach the customer, not the debt
first_contacts as (

    select
        episodes.episode_id,
        contacts.contact_id,
        contacts.started_at,
        contacts.contact_date,
        contacts.channel
    from episodes
    inner join {{ ref('fct_contacts') }} as contacts
        on
            episodes.customer_id = contacts.customer_id
            and episodes.entry_date <= contacts.contact_date
            and episodes.last_date >= contacts.contact_date
    where contacts.direction = 'outbound' and contacts.is_contacted
    qualify row_number() over (
        partition by episodes.episode_id
        order by contacts.started_at, contacts.contact_id
    ) = 1

),

first_promises as (

    select
        episodes.episode_id,
        min(promises.made_at) as first_promised_at
    from episodes
    inner join {{ ref('int_promises_made') }} as promises
        on
            episodes.customer_id = promises.customer_id
            and coalesce(promises.contract_id, episodes.contract_id)
            = episodes.contract_id
            and episodes.entry_date <= promises.made_date
            and episodes.last_date >= promises.made_date
    group by episodes.episode_id

)

select
    episodes.episode_id,
    episodes.contract_id,
    episodes.account_id,
    episodes.customer_id,

    -- from entry to exit
    episodes.entry_date,
    episodes.entry_days_past_due,
    episodes.exit_date,
    episodes.last_date,
    case
        when episodes.exit_date is null then null
        when episodes.exit_reason != 'cleared' then episodes.exit_reason
        when recovered.cash_amount <= 0 then 'forgiven'
        when
            {{ is_paid_in_full('recovered.recovered_amount') }}
            or recovered.credit_amount <= 0
            then 'paid'
        else 'settled_with_haircut'
    end as exit_reason,
    episodes.recovered_until_date,

    -- first steps
    first_contacts.contact_id as first_contact_id,
    first_contacts.started_at as first_contacted_at,
    first_contacts.contact_date as first_contact_date,
    first_contacts.channel as first_contact_channel,
    first_promises.first_promised_at,
    recovered.first_paid_at,
    recovered.first_paid_date,

    -- money
    cast(episodes.exposure_amount as decimal(18, 2)) as exposure_amount,
    cast(recovered.cash_amount as decimal(18, 2)) as cash_amount,
    cast(recovered.credit_amount as decimal(18, 2)) as credit_amount,
    cast(recovered.recovered_amount as decimal(18, 2)) as recovered_amount,
    {%- for days in var('recovery_horizons_days') %}
    cast(recovered.recovered_{{ days }}d_amount as decimal(18, 2))
        as recovered_{{ days }}d_amount,
    {%- endfor %}
    {{ is_paid_in_full('recovered.recovered_amount') }} as is_paid_in_full,

    -- what it belongs to, at entry
    episodes.portfolio,
    episodes.product,
    episodes.creditor_brand,
    episodes.currency,
    episodes.segment,
    episodes.region,
    {{ age_band('episodes.birth_date', 'episodes.entry_date') }} as age_band
from episodes
inner join recovered on episodes.episode_id = recovered.episode_id
left join first_contacts on episodes.episode_id = first_contacts.episode_id
left join first_promises on episodes.episode_id = first_promises.episode_id
