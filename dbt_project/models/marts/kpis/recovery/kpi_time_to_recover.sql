-- One row per collection episode, dated by its entry: the days until it was settled.
-- Open episodes count on neither side, and leave their cohort immature.

select
    contract_id as unit_id,
    entry_date as kpi_date,
    coalesce(exit_date, date '9999-12-31') as matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    case
        when exit_reason in ('paid', 'settled_with_haircut')
            then {{ days_between('entry_date', 'exit_date') }}
        else 0
    end as numerator,
    case when exit_reason in ('paid', 'settled_with_haircut') then 1 else 0 end
        as denominator
from {{ ref('fct_collection_episodes') }}
