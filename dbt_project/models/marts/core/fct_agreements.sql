-- One row per agreement, with its status as of as_of: said by its dates, of which the
-- newest status only names how it ended.

with

clock as (

    select * from {{ ref('int_clock') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

holidays as (

    select holiday_date from {{ ref('holidays') }}
    where country = '{{ var("operation_country") }}'

),

replaced as (

    select
        agreement_id,
        count(*) as contract_count,
        sum(replaced_amount) as replaced_amount
    from {{ ref('stg_billing__agreement_contracts') }}
    group by agreement_id

),

-- an agreement on several contracts goes by the largest

leading_contracts as (

    select
        agreement_contracts.agreement_id,
        contracts.portfolio,
        contracts.product,
        contracts.creditor_brand
    from {{ ref('stg_billing__agreement_contracts') }} as agreement_contracts
    inner join {{ ref('dim_contracts') }} as contracts
        on agreement_contracts.contract_id = contracts.contract_id
    qualify row_number() over (
        partition by agreement_contracts.agreement_id
        order by
            agreement_contracts.replaced_amount desc nulls last,
            agreement_contracts.contract_id asc
    ) = 1

),

dated as (

    select
        agreements.*,
        coalesce(
            agreements.offered_date, agreements.signed_date, agreements.activated_date
        ) as first_date,
        agreements.signed_date <= (select as_of from clock) as is_signed,
        agreements.activated_date <= (select as_of from clock) as is_activated,
        agreements.ended_date <= (select as_of from clock) as is_ended
    from {{ ref('stg_billing__agreements') }} as agreements

),

of_customers as (

    select
        dated.*,
        coalesce(merged.golden_customer_id, dated.customer_id) as golden_customer_id
    from dated
    left join merged on dated.customer_id = merged.customer_id
    where
        dated.first_date is null or dated.first_date <= (select as_of from clock)

),

-- by the clock of the operation, and by the one on the customer's wall

timed as (

    select
        of_customers.*,
        customers.segment,
        customers.region,
        customers.birth_date,
        case
            when of_customers.is_signed and of_customers.has_signed_time
                then hour({{ local_time('of_customers.signed_at', 'null') }})
        end as signed_hour,
        case
            when of_customers.is_signed and of_customers.has_signed_time
                then hour(
                    {{ local_time('of_customers.signed_at', 'customers.time_zone') }}
                )
        end as signed_customer_hour
    from of_customers
    left join {{ ref('dim_customers') }} as customers
        on of_customers.golden_customer_id = customers.customer_id

)

select
    timed.agreement_id,
    timed.golden_customer_id as customer_id,
    case
        when
            timed.is_ended
            and timed.newest_status in ('broken', 'completed', 'cancelled', 'expired')
            then timed.newest_status
        when timed.is_activated then 'activated'
        when timed.is_signed then 'signed'
        else 'offered'
    end as agreement_status,
    timed.agreement_kind,
    timed.channel,
    timed.actor,
    timed.brand,
    timed.agent_id,

    -- when
    timed.offered_at,
    timed.offered_date,
    case when timed.is_signed then timed.signed_at end as signed_at,
    case when timed.is_signed then timed.signed_date end as signed_date,
    timed.has_signed_time,
    timed.signed_hour,
    timed.signed_customer_hour,
    case
        when timed.signed_hour is not null
            then
                holidays.holiday_date is null
                and {{ is_staffed('timed.signed_date', 'timed.signed_hour') }}
    end as was_staffed,
    case when timed.is_activated then timed.activated_date end as activated_date,
    -- an activated one was agreed to, whether or not the source says when it was signed
    least(
        case when timed.is_signed then timed.signed_date end,
        case when timed.is_activated then timed.activated_date end
    ) as agreed_date,
    case when timed.is_ended then timed.ended_date end as ended_date,

    -- money
    timed.original_amount,
    timed.agreed_amount,
    replaced.replaced_amount,
    timed.currency,
    coalesce(replaced.contract_count, 0) as contract_count,

    -- what it belongs to
    leading_contracts.portfolio,
    leading_contracts.product,
    leading_contracts.creditor_brand,
    timed.segment,
    timed.region,
    timed.birth_date
from timed
left join replaced on timed.agreement_id = replaced.agreement_id
left join leading_contracts on timed.agreement_id = leading_contracts.agreement_id
left join holidays on timed.signed_date = holidays.holiday_date
