-- One row per collection episode: restated cash and credits on the debt during it, and
-- what the cash recovered of the exposure, by the end and within each horizon. Whatever
-- comes first covers the exposure first, so that what was credited of it, or what was
-- charged after entry, is never recovered. What an estate pays after the death or
-- bankruptcy that ended an episode is recovered, until the debt is in collection again.

with

clock as (

    select * from {{ ref('int_clock') }}

),

episodes as (

    select
        *,
        coalesce(recovered_until_date, (select as_of from clock)) as last_date
    from {{ ref('int_debt_delinquencies') }}

),

movements as (

    select
        contract_id,
        booked_date as movement_date,
        booked_at as movement_at,
        cash_id as movement_id,
        restated_debt_amount as cash_amount,
        0 as credit_amount
    from {{ ref('fct_allocations') }}
    where contract_id is not null and restated_debt_amount != 0

    union all

    select
        contract_id,
        credited_date as movement_date,
        cast(null as timestamp) as movement_at,
        cast(null as string) as movement_id,
        0 as cash_amount,
        credit_amount
    from {{ ref('int_debt_credits') }}

),

-- in the exposure are the credits of the day of entry and what was paid out on it

of_episodes as (

    select
        episodes.episode_id,
        episodes.entry_date,
        episodes.exposure_amount,
        movements.movement_date,
        movements.movement_at,
        movements.cash_amount,
        movements.credit_amount,
        sum(movements.cash_amount + movements.credit_amount) over (
            partition by episodes.episode_id
            order by
                movements.movement_date asc,
                movements.movement_at asc nulls first,
                movements.movement_id asc nulls first
            rows between unbounded preceding and current row
        ) as covered_amount
    from episodes
    inner join movements
        on
            episodes.contract_id = movements.contract_id
            and episodes.entry_date <= movements.movement_date
            and episodes.last_date >= movements.movement_date
    where movements.cash_amount > 0 or movements.movement_date > episodes.entry_date

),

recovering as (

    select
        *,
        case
            when cash_amount != 0
                then
                    least(covered_amount, exposure_amount)
                    - least(covered_amount - cash_amount, exposure_amount)
            else 0
        end as recovered_amount
    from of_episodes

)

select
    episodes.episode_id,
    min(recovering.movement_at) as first_paid_at,
    min(recovering.movement_date) filter (where recovering.cash_amount > 0)
        as first_paid_date,
    coalesce(sum(recovering.cash_amount), 0) as cash_amount,
    coalesce(sum(recovering.credit_amount), 0) as credit_amount,
    {%- for days in var('recovery_horizons_days') %}
    coalesce(
        sum(
            case
                when
                    recovering.movement_date
                    <= {{ add_days('recovering.entry_date', days) }}
                    then recovering.recovered_amount
            end
        ),
        0
    ) as recovered_{{ days }}d_amount,
    {%- endfor %}
    coalesce(sum(recovering.recovered_amount), 0) as recovered_amount
from episodes
left join recovering on episodes.episode_id = recovering.episode_id
group by episodes.episode_id
