-- What an episode has recovered never falls with the horizon, and stays within its
-- exposure.

{%- set horizons = var('recovery_horizons_days') %}

select
    episode_id,
    exposure_amount,
    {%- for days in horizons %}
    recovered_{{ days }}d_amount,
    {%- endfor %}
    recovered_amount
from {{ ref('fct_collection_episodes') }}
where
    recovered_{{ horizons | first }}d_amount < 0
    {%- for days in horizons[:-1] %}
    or recovered_{{ days }}d_amount > recovered_{{ horizons[loop.index] }}d_amount
    {%- endfor %}
    or recovered_{{ horizons | last }}d_amount > recovered_amount
    or recovered_amount > exposure_amount
