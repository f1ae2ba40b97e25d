-- One row per revenue and one per part of the collection cost, dated by their booking,
-- and one per account and span of days with a balance.

with

revenues as (

    select * from {{ ref('fct_revenues') }}

),

cash as (

    select * from {{ ref('kpi_cash_collected') }}

),

costs as (

    select * from {{ ref('kpi_collection_cost') }}

),

accounts as (

    select * from {{ ref('int_account_spans') }}

),

-- who was never told what is earned takes what is collected for it
basis as (

    select '{{ var("revenue_basis") }}' = 'cash' or count(*) = 0 as is_cash
    from {{ source('ingestion', 'files') }}
    where area = 'billing' and kind = 'revenues' and {{ is_known() }}

)

select
    revenue_id as unit_id,
    revenue_date as kpi_date,
    cast(null as date) as ends_on,
    portfolio,
    currency,
    amount as numerator,
    0 as denominator
from revenues
where
    not (select is_cash from basis)
    -- a margin is what the other revenues leave: one or the other
    and (revenue_kind is not distinct from 'margin')
    = ('{{ var("revenue_basis") }}' = 'margin')

union all

select
    unit_id,
    kpi_date,
    cast(null as date) as ends_on,
    portfolio,
    currency,
    numerator,
    0 as denominator
from cash
where (select is_cash from basis)

union all

select
    unit_id,
    kpi_date,
    cast(null as date) as ends_on,
    portfolio,
    currency,
    -numerator as numerator,
    0 as denominator
from costs

union all

select
    account_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    portfolio,
    currency,
    0 as numerator,
    1 as denominator
from accounts
