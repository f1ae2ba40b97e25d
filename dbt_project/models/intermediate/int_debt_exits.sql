-- One row per day and debt on which it was written off, sold or recalled, on which its
-- debtor was found dead or bankrupt, or on which such an event was undone. What is in
-- force after that day is said by the running totals, and by the stage.

with

clock as (

    select * from {{ ref('int_clock') }}

),

adjustments as (

    select
        contract_id,
        adjusted_date as exit_date,
        case when adjustment_kind = 'write_off' then amount else 0 end
            as written_off_amount,
        case when adjustment_kind = 'debt_sale' then amount else 0 end as sold_amount,
        case when adjustment_kind = 'recall' then amount else 0 end as recalled_amount,
        cast(null as string) as stage
    from {{ ref('stg_billing__adjustments') }}
    where adjustment_kind in ('write_off', 'debt_sale', 'recall')

),

-- into a stage that ends collection, and out of it
stages as (

    select
        contract_id,
        started_date as exit_date,
        0 as written_off_amount,
        0 as sold_amount,
        0 as recalled_amount,
        stage
    from {{ ref('stg_billing__stages') }}
    qualify
        stage in ('deceased', 'bankruptcy')
        or lag(stage) over (partition by contract_id order by started_date)
        in ('deceased', 'bankruptcy')

),

events as (

    select * from adjustments
    union all
    select * from stages

),

daily as (

    select
        contract_id,
        exit_date,
        sum(written_off_amount) as written_off_amount,
        sum(sold_amount) as sold_amount,
        sum(recalled_amount) as recalled_amount,
        max(stage) as stage
    from events
    where exit_date <= (select as_of from clock)
    group by contract_id, exit_date

),

running as (

    select
        contract_id,
        exit_date,
        stage,
        sum(written_off_amount) over debt_so_far > 0 as is_written_off,
        sum(sold_amount) over debt_so_far > 0 as is_sold,
        sum(recalled_amount) over debt_so_far > 0 as is_recalled,
        count(stage) over debt_so_far as stage_number
    from daily
    window debt_so_far as (
        partition by contract_id order by exit_date
        rows between unbounded preceding and current row
    )

),

staged as (

    select
        *,
        max(stage) over (partition by contract_id, stage_number) as stage_in_force
    from running

)

select
    contract_id,
    exit_date,
    is_written_off,
    is_sold,
    is_recalled,
    coalesce(stage_in_force = 'deceased', false) as is_deceased,
    coalesce(stage_in_force = 'bankruptcy', false) as is_bankrupt,
    coalesce(
        lead(exit_date) over (partition by contract_id order by exit_date),
        date '9999-12-31'
    ) as next_exit_date
from staged
