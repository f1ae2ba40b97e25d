-- One row per claim of the articles: our estimate of it on this company's data, by the
-- best design there is for it, and what that says of the claim.

with

quoted as (

    select * from {{ ref('article_claims') }}

),

compared as (

    select * from {{ ref('int_claims_compared') }}

),

{{ standardised_differences('compared', ['claim_id', 'design']) }},

-- chance sets nobody apart: where there is a lot, it speaks

best_differences as (

    select * from differences
    qualify row_number() over (
        partition by claim_id
        order by
            case when standard_error is null then 1 else 0 end asc,
            case design when 'randomised' then 0 else 1 end asc
    ) = 1

),

brands as (

    select
        count(*) as agreement_count,
        sum(numerator) as creditor_count
    from {{ ref('kpi_creditor_direct_share') }}

),

-- of those with a preference, or one they answer to, the newest complete month

preferences as (

    select
        age_band,
        channel,
        cast(customer_count as double) as customer_count
    from {{ ref('channel_preferences') }}
    where
        is_complete_period
        and channel not in ('tie', 'unknown')
        and age_band in (
            '<={{ var("age_band_limits")[0] }}', '>{{ var("age_band_limits")[1] }}'
        )
    qualify month_start_date = max(month_start_date) over (partition by age_band)

),

first_choices as (

    select
        case age_band
            when '>{{ var("age_band_limits")[1] }}' then 'email_preferred_by_the_old'
            else 'whatsapp_preferred_by_the_young'
        end as claim_id,
        sum(customer_count) as all_count,
        sum(customer_count) filter (
            where channel = case age_band
                when '>{{ var("age_band_limits")[1] }}' then 'email'
                else 'whatsapp'
            end
        ) as chosen_count,
        max(customer_count) filter (
            where channel != case age_band
                when '>{{ var("age_band_limits")[1] }}' then 'email'
                else 'whatsapp'
            end
        ) as next_count
    from preferences
    group by age_band

),

leads as (

    select
        claim_id,
        all_count,
        {{ ratio('coalesce(chosen_count, 0)', 'all_count') }}
        - {{ ratio('coalesce(next_count, 0)', 'all_count') }} as lead,
        {{ ratio('coalesce(chosen_count, 0) + coalesce(next_count, 0)', 'all_count') }}
            as both_share
    from first_choices

),

-- the variance of a difference of two shares of the same customers
leads_with_errors as (

    select
        *,
        case
            when all_count >= {{ var('small_sample') }}
                then nullif(sqrt((both_share - lead * lead) / all_count), 0)
        end as standard_error
    from leads

),

-- of the newest change
changes as (

    select
        case measure
            when 'outbound_calls' then 'software_cuts_calls'
            when 'cash_collected' then 'software_raises_cash'
            when 'repayment_rate_at_7_dpd' then 'software_raises_repayment'
        end as claim_id,
        difference_relative,
        delinquent_accounts_before + delinquent_accounts_after as account_count
    from {{ ref('before_and_after') }}
    qualify
        row_number() over (
            partition by measure order by changed_date desc, change_id asc
        ) = 1

),

estimates as (

    select
        claim_id,
        design,
        case claim_id when 'self_service_lowers_calls' then 'calls' else 'points' end
            as estimate_unit,
        difference as estimate,
        interval_low,
        interval_high,
        z,
        exposed_count + other_count as unit_count,
        case
            when standard_error is null then 'too_few'
            when design = 'randomised' then 'drawn_by_lot'
            when claim_id = 'ranking_finds_payers' then 'ranked'
            else 'among_like'
        end as why
    from best_differences

    union all

    select
        'creditor_brand_preferred' as claim_id,
        'raw' as design,
        'share' as estimate_unit,
        {{ ratio('creditor_count', 'agreement_count') }} as estimate,
        {{ share_bound('-', 'creditor_count', 'agreement_count') }} as interval_low,
        {{ share_bound('+', 'creditor_count', 'agreement_count') }} as interval_high,
        cast(null as double) as z,
        agreement_count as unit_count,
        case
            when creditor_count in (0, agreement_count) then 'one_brand'
            when agreement_count < {{ var('small_sample') }} then 'too_few'
            else 'said_or_done'
        end as why
    from brands
    where agreement_count > 0

    union all

    select
        claim_id,
        'raw' as design,
        'points' as estimate_unit,
        lead as estimate,
        lead - {{ confidence_z() }} * standard_error as interval_low,
        lead + {{ confidence_z() }} * standard_error as interval_high,
        lead / standard_error as z,
        cast(all_count as bigint) as unit_count,
        case when standard_error is null then 'too_few' else 'said_or_done' end as why
    from leads_with_errors
    where all_count > 0

    union all

    select
        claim_id,
        'raw' as design,
        'relative' as estimate_unit,
        difference_relative as estimate,
        cast(null as double) as interval_low,
        cast(null as double) as interval_high,
        cast(null as double) as z,
        cast(account_count as bigint) as unit_count,
        'before_and_after' as why
    from changes
    where claim_id is not null and difference_relative is not null

),

with_p_values as (

    select
        *,
        {{ two_sided_p_value('z') }} as p_value
    from estimates

),

-- so many claims are as many chances of a difference where there is none
adjusted as (

    {{ adjusted_p_values('with_p_values', []) }}

)

select
    quoted.claim_id,
    quoted.position,
    quoted.claim_en,
    quoted.claim_pt,
    quoted.claim_es,
    quoted.article,
    quoted.quote,
    quoted.claimed_value,
    adjusted.design,
    adjusted.estimate,
    adjusted.estimate_unit,
    adjusted.interval_low,
    adjusted.interval_high,
    adjusted.unit_count,
    adjusted.p_value,
    adjusted.adjusted_p_value,
    case
        when adjusted.estimate_unit = 'share' and adjusted.why = 'said_or_done'
            then
                case
                    when adjusted.interval_high < quoted.claimed_value
                        then 'contradicted'
                    else 'supported'
                end
        when adjusted.p_value is null then 'cannot_be_told'
        when adjusted.adjusted_p_value > 1 - {{ var('confidence_percent') }} * 0.01
            then 'not_shown'
        when adjusted.estimate * quoted.expected_direction > 0 then 'supported'
        else 'contradicted'
    end as verdict,
    {{ claim_why('adjusted.why', 0) }} as why_en,
    {{ claim_why('adjusted.why', 1) }} as why_pt,
    {{ claim_why('adjusted.why', 2) }} as why_es
from quoted
left join adjusted on quoted.claim_id = adjusted.claim_id
