-- One row per golden customer and stay in collection that ended with every debt of it
-- back to nothing overdue, and whether the customer still had a contract so many months
-- later, once those have passed.

with

clock as (

    select * from {{ ref('int_clock') }}

),

stays as (

    select
        *,
        {%- for months in var('retention_horizons_months') %}
        {{ add_months('exit_date', months) }} as observed_{{ months }}m_date,
        {%- endfor %}
        exit_date as cured_date
    from {{ ref('fct_customer_episodes') }}
    where exit_date is not null

),

-- who left otherwise was never cured

left_uncured as (

    select distinct stays.episode_id
    from stays
    inner join {{ ref('fct_collection_episodes') }} as debt_episodes
        on
            stays.customer_id = debt_episodes.customer_id
            and stays.entry_date <= debt_episodes.entry_date
            and stays.exit_date >= debt_episodes.entry_date
    where
        debt_episodes.exit_reason in ('debt_sale', 'recall', 'deceased', 'bankrupt')

),

contracts as (

    select
        customer_id,
        coalesce(originated_date, date '0001-01-01') as open_from_date,
        coalesce(closed_date, date '9999-12-31') as closed_date
    from {{ ref('dim_contracts') }}

),

contracts_then as (

    select
        {%- for months in var('retention_horizons_months') %}
        max(
            case
                when
                    contracts.open_from_date <= stays.observed_{{ months }}m_date
                    and contracts.closed_date > stays.observed_{{ months }}m_date
                    then 1
                else 0
            end
        ) = 1 as has_contract_{{ months }}m,
        {%- endfor %}
        stays.episode_id
    from stays
    inner join contracts on stays.customer_id = contracts.customer_id
    group by stays.episode_id

)

select
    stays.episode_id,
    stays.customer_id,
    stays.cured_date,
    {%- for months in var('retention_horizons_months') %}
    stays.observed_{{ months }}m_date,
    case
        when stays.observed_{{ months }}m_date <= (select as_of from clock)
            then contracts_then.has_contract_{{ months }}m
    end as is_active_{{ months }}m,
    {%- endfor %}
    stays.portfolio,
    stays.product,
    stays.creditor_brand,
    stays.segment,
    stays.region,
    {{ age_band('customers.birth_date', 'stays.cured_date') }} as age_band
from stays
inner join contracts_then on stays.episode_id = contracts_then.episode_id
left join left_uncured on stays.episode_id = left_uncured.episode_id
left join {{ ref('dim_customers') }} as customers
    on stays.customer_id = customers.customer_id
where left_uncured.episode_id is null
