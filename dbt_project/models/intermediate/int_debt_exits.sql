-- One row per day and debt on which it was written off, sold or recalled, or such an
-- event undone. What is in force after that day is said by the running totals.

with

exits as (

    select
        contract_id,
        adjusted_date as exit_date,
        sum(case when adjustment_kind = 'write_off' then amount else 0 end)
            as written_off_amount,
        sum(case when adjustment_kind = 'debt_sale' then amount else 0 end)
            as sold_amount,
        sum(case when adjustment_kind = 'recall' then amount else 0 end)
            as recalled_amount
    from {{ ref('stg_billing__adjustments') }}
    where
        adjustment_kind in ('write_off', 'debt_sale', 'recall')
        and adjusted_date <= (select as_of from {{ ref('int_clock') }})
    group by contract_id, adjusted_date

),

running as (

    select
        *,
        sum(written_off_amount) over debt_so_far > 0 as is_written_off,
        sum(sold_amount) over debt_so_far > 0 as is_sold,
        sum(recalled_amount) over debt_so_far > 0 as is_recalled
    from exits
    window debt_so_far as (
        partition by contract_id order by exit_date
        rows between unbounded preceding and current row
    )

)

select
    contract_id,
    exit_date,
    is_written_off,
    is_sold,
    is_recalled,
    coalesce(
        lead(exit_date) over (partition by contract_id order by exit_date),
        date '9999-12-31'
    ) as next_exit_date
from running
