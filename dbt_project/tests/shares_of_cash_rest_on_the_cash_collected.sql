-- Every part of the cash collected is in the payment channel mix and in both shares of
-- self-service once, and is not unassisted and assisted at once.

with

shares as (

    select
        unit_id,
        'payment_channel_mix' as kpi_id,
        numerator - denominator as taken_amount,
        denominator
    from {{ ref('kpi_payment_channel_mix') }}

    union all

    select
        unit_id,
        'self_service_share' as kpi_id,
        numerator as taken_amount,
        denominator
    from {{ ref('kpi_self_service_share') }}

    union all

    select
        unit_id,
        'self_service_share_assisted' as kpi_id,
        numerator as taken_amount,
        denominator
    from {{ ref('kpi_self_service_share_assisted') }}

),

summed as (

    select
        unit_id,
        sum(denominator) as share_amount,
        sum(taken_amount) as taken_amount,
        count(*) as share_count,
        max(denominator) as denominator
    from shares
    group by unit_id

)

select
    coalesce(summed.unit_id, collected.unit_id) as unit_id,
    summed.share_count,
    summed.share_amount,
    summed.taken_amount,
    collected.numerator as collected_amount
from summed
full outer join {{ ref('kpi_cash_collected') }} as collected
    on summed.unit_id = collected.unit_id
where
    coalesce(summed.share_count, 0) != 3
    or summed.share_amount is distinct from 3 * collected.numerator
    or summed.taken_amount not in (0, summed.denominator)
