-- What an episode has recovered stays within its exposure, and never falls with the
-- horizon unless money was paid out again.

{%- set horizons = var('recovery_horizons_days') %}

with

debts_paid_out as (

    select distinct contract_id
    from {{ ref('fct_allocations') }}
    where contract_id is not null and restated_debt_amount < 0

)

select
    episodes.episode_id,
    episodes.exposure_amount,
    {%- for days in horizons %}
    episodes.recovered_{{ days }}d_amount,
    {%- endfor %}
    episodes.recovered_amount
from {{ ref('fct_collection_episodes') }} as episodes
left join debts_paid_out on episodes.contract_id = debts_paid_out.contract_id
where
    episodes.recovered_amount > episodes.exposure_amount
    or (
        debts_paid_out.contract_id is null
        and (
            episodes.recovered_{{ horizons | first }}d_amount < 0
            {%- for days in horizons[:-1] %}
            or episodes.recovered_{{ days }}d_amount
            > episodes.recovered_{{ horizons[loop.index] }}d_amount
            {%- endfor %}
            or episodes.recovered_{{ horizons | last }}d_amount
            > episodes.recovered_amount
        )
    )
