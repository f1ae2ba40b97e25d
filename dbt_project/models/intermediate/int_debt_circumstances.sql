-- One row per debt that ever had a stage or a dispute and span of days (both ends
-- included): its stage, and what of it is disputed. The spans of such a debt run from
-- the first day there is to the last without a gap; most debts have neither, and no
-- row.

with

clock as (

    select * from {{ ref('int_clock') }}

),

stages as (

    select
        contract_id,
        started_date,
        stage
    from {{ ref('stg_billing__stages') }}
    -- a stage stated again is no change
    qualify stage is distinct from lag(stage) over (
        partition by contract_id order by started_date
    )

),

-- without an amount the whole debt is disputed, without a day of opening ever since
disputes as (

    select
        contract_id,
        coalesce(opened_date, date '0001-01-01') as opened_date,
        closed_date,
        coalesce(amount, 0) as amount,
        case when amount is null then 1 else 0 end as whole_debt_count
    from {{ ref('stg_billing__disputes') }}
    where
        coalesce(amount, 1) > 0
        and coalesce(closed_date > opened_date, true)

),

changes as (

    select
        contract_id,
        started_date as calendar_date,
        stage,
        0 as disputed_amount,
        0 as whole_debt_count
    from stages

    union all

    select
        contract_id,
        opened_date as calendar_date,
        cast(null as string) as stage,
        amount as disputed_amount,
        whole_debt_count
    from disputes

    union all

    -- at the end of the day it is closed, a dispute is no more
    select
        contract_id,
        closed_date as calendar_date,
        cast(null as string) as stage,
        -amount as disputed_amount,
        -whole_debt_count as whole_debt_count
    from disputes
    where closed_date is not null

),

-- a first span, before anything is known
completed as (

    select * from changes

    union all

    select distinct
        contract_id,
        date '0001-01-01' as calendar_date,
        cast(null as string) as stage,
        0 as disputed_amount,
        0 as whole_debt_count
    from changes

),

daily as (

    select
        contract_id,
        calendar_date,
        max(stage) as stage,
        sum(disputed_amount) as disputed_amount,
        sum(whole_debt_count) as whole_debt_count
    from completed
    where calendar_date <= (select as_of from clock)
    group by contract_id, calendar_date

),

running as (

    select
        contract_id,
        calendar_date,
        stage,
        count(stage) over so_far as stage_number,
        sum(disputed_amount) over so_far as disputed_amount,
        sum(whole_debt_count) over so_far > 0 as is_wholly_disputed
    from daily
    window so_far as (
        partition by contract_id order by calendar_date
        rows between unbounded preceding and current row
    )

)

select
    contract_id,
    calendar_date as valid_from_date,
    coalesce(
        {{ add_days(
            'lead(calendar_date) over (
                partition by contract_id order by calendar_date
            )',
            -1
        ) }},
        date '9999-12-31'
    ) as valid_to_date,
    max(stage) over (partition by contract_id, stage_number) as stage,
    cast(disputed_amount as decimal(18, 2)) as disputed_amount,
    is_wholly_disputed
from running
