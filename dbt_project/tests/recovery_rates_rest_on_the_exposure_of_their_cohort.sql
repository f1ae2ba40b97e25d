-- Every cohort recovery rate has the exposure at entry of its month's episodes below
-- it, whatever its horizon, and what was recovered of it above: currency by currency.

{%- set horizons = [''] -%}
{%- for days in var('recovery_horizons_days') -%}
{%- do horizons.append('_' ~ days ~ 'd') -%}
{%- endfor %}

with

available_kpis as (

    select kpi_id from {{ ref('kpi_catalog') }}
    where is_available

),

sides as (

    {% for horizon in horizons %}
    select
        'recovery_rate{{ horizon }}' as kpi_id,
        {{ period_start('month', 'entry_date') }} as period_start,
        currency,
        recovered{{ horizon }}_amount as recovered_amount,
        exposure_amount
    from {{ ref('fct_collection_episodes') }}

    union all
    {% endfor %}
    select
        kpi_id,
        period_start,
        member as currency,
        -numerator as recovered_amount,
        -denominator as exposure_amount
    from {{ ref('kpi_values') }}
    where
        period_grain = 'month'
        and dimension = 'currency'
        and kpi_id in (
            {%- for horizon in horizons %}
            'recovery_rate{{ horizon }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

)

select
    sides.kpi_id,
    sides.period_start,
    sides.currency,
    sum(sides.recovered_amount) as recovered_amount,
    sum(sides.exposure_amount) as exposure_amount
from sides
inner join available_kpis on sides.kpi_id = available_kpis.kpi_id
group by sides.kpi_id, sides.period_start, sides.currency
having sum(sides.recovered_amount) != 0 or sum(sides.exposure_amount) != 0
