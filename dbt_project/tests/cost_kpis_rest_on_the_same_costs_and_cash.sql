-- Month by month and in every currency, the KPIs that set something against the
-- collection cost or the cash collected rest on all of it.

with

sides as (

    {% for kpi_id, side, of_kpi_id in [
        ('cost_per_recovered_debt', 'numerator', 'collection_cost'),
        ('cost_to_collect', 'numerator', 'collection_cost'),
        ('cost_to_collect', 'denominator', 'cash_collected'),
        ('amount_per_collector', 'numerator', 'cash_collected'),
        ('amount_per_collector_fte', 'numerator', 'cash_collected'),
    ] %}
    select
        '{{ kpi_id }}' as kpi_id,
        '{{ of_kpi_id }}' as of_kpi_id,
        {{ period_start('month', 'kpi_date') }} as period_start,
        currency,
        {{ side }} as amount
    from {{ ref('kpi_' ~ kpi_id) }}

    union all

    select
        '{{ kpi_id }}' as kpi_id,
        '{{ of_kpi_id }}' as of_kpi_id,
        {{ period_start('month', 'kpi_date') }} as period_start,
        currency,
        -numerator as amount
    from {{ ref('kpi_' ~ of_kpi_id) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    kpi_id,
    of_kpi_id,
    period_start,
    currency,
    sum(amount) as missing_amount
from sides
group by kpi_id, of_kpi_id, period_start, currency
having sum(amount) != 0
