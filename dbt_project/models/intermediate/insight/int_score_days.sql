-- One row per decision day, on which customers are scored: the ends of the last months,
-- and as_of. On the ends of the three months before them it is only asked who was
-- overdue.

with

clock as (

    select * from {{ ref('int_clock') }}

)

{% for months in range(1, var('score_months') + 4) -%}
select
    last_day(cast(as_of - interval {{ months }} month as date)) as decision_date,
    {{ 'true' if months <= var('score_months') else 'false' }} as is_scored
from clock
union all
{% endfor -%}
select
    as_of as decision_date,
    true as is_scored
from clock
