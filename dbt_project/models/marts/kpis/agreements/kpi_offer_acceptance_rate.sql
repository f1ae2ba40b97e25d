-- One row per offer presented, in its latest version, dated by the day it was: has the
-- customer accepted it? It is mature once it was accepted or is over.

with

offers as (

    select
        *,
        case
            when signed_date >= offered_date then signed_date
            when activated_date >= offered_date then activated_date
        end as accepted_date
    from {{ ref('fct_agreements') }}
    where offered_date is not null

)

select
    agreement_id as unit_id,
    offered_date as kpi_date,
    coalesce(accepted_date, ended_date, date '9999-12-31') as matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    {{ age_band('birth_date', 'offered_date') }} as age_band,
    channel,
    actor,
    agent_id as agent,
    agreement_kind,
    case when accepted_date is null then 0 else 1 end as numerator,
    1 as denominator
from offers
