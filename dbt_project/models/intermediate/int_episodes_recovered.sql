-- One row per collection episode: restated cash and credits on the debt from the day of
-- entry to the end of the episode, and cash within each horizon of it.

with

clock as (

    select * from {{ ref('int_clock') }}

),

episodes as (

    select
        *,
        coalesce(exit_date, (select as_of from clock)) as last_date
    from {{ ref('int_debt_delinquencies') }}

),

movements as (

    select
        contract_id,
        booked_date as movement_date,
        booked_at as movement_at,
        restated_amount as cash_amount,
        0 as credit_amount
    from {{ ref('fct_allocations') }}
    where contract_id is not null and restated_amount != 0

    union all

    select
        contract_id,
        credited_date as movement_date,
        cast(null as timestamp) as movement_at,
        0 as cash_amount,
        credit_amount
    from {{ ref('int_debt_credits') }}

)

select
    episodes.episode_id,
    min(movements.movement_at) as first_paid_at,
    min(movements.movement_date) filter (where movements.cash_amount > 0)
        as first_paid_date,
    coalesce(sum(movements.cash_amount), 0) as cash_amount,
    coalesce(sum(movements.credit_amount), 0) as credit_amount
    {%- for days in var('recovery_horizons_days') %},
    coalesce(
        sum(movements.cash_amount) filter (
            where
                movements.movement_date
                <= {{ add_days('episodes.entry_date', days) }}
        ),
        0
    ) as cash_{{ days }}d_amount
    {%- endfor %}
from episodes
left join movements
    on
        episodes.contract_id = movements.contract_id
        and movements.movement_date >= episodes.entry_date
        and movements.movement_date <= episodes.last_date
group by episodes.episode_id
