-- One row per agreement, with its status as of as_of: said by its dates, of which the
-- newest status only names how it ended.

with

clock as (

    select * from {{ ref('int_clock') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

replaced as (

    select
        agreement_id,
        count(*) as contract_count,
        sum(replaced_amount) as replaced_amount
    from {{ ref('stg_billing__agreement_contracts') }}
    group by agreement_id

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

)

select
    dated.agreement_id,
    coalesce(merged.golden_customer_id, dated.customer_id) as customer_id,
    case
        when
            dated.is_ended
            and dated.newest_status in ('broken', 'completed', 'cancelled', 'expired')
            then dated.newest_status
        when dated.is_activated then 'activated'
        when dated.is_signed then 'signed'
        else 'offered'
    end as agreement_status,
    dated.agreement_kind,
    dated.channel,
    dated.actor,
    dated.brand,
    dated.agent_id,

    -- when
    dated.offered_at,
    dated.offered_date,
    case when dated.is_signed then dated.signed_at end as signed_at,
    case when dated.is_signed then dated.signed_date end as signed_date,
    dated.has_signed_time,
    case when dated.is_activated then dated.activated_date end as activated_date,
    case when dated.is_ended then dated.ended_date end as ended_date,

    -- money
    dated.original_amount,
    dated.agreed_amount,
    replaced.replaced_amount,
    dated.currency,
    coalesce(replaced.contract_count, 0) as contract_count
from dated
left join merged on dated.customer_id = merged.customer_id
left join replaced on dated.agreement_id = replaced.agreement_id
where dated.first_date is null or dated.first_date <= (select as_of from clock)
