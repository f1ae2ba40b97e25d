-- One row per promise received inbound (the denominator, counted as promises) and one
-- per such promise kept (the numerator, counted as accounts), both dated by the day it
-- was due. A promise not matured counts on neither side, and leaves its cohort
-- immature. The units of the two sides differ, as the article has it.

with

promises as (

    select
        *,
        coalesce(account_id, 'customer ' || customer_id) as promising_account_id
    from {{ ref('fct_promises') }}
    where direction = 'inbound'

)

select
    'promise ' || promise_id as unit_id,
    due_date as kpi_date,
    matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    channel,
    0 as numerator,
    case when is_matured then 1 else 0 end as denominator
from promises

union all

select
    'account ' || promising_account_id as unit_id,
    due_date as kpi_date,
    matures_on,
    portfolio,
    product,
    creditor_brand,
    segment,
    region,
    age_band,
    channel,
    1 as numerator,
    0 as denominator
from promises
where is_matured and promise_status = 'kept'
