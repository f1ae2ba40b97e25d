-- One row per cost and what it falls on: the channel, team or portfolio it names, or
-- for a shared one each of those that drive it, with its part to the cent. What falls
-- on nothing stays, unallocated: the rows of a cost always add up to it.

with

costs as (

    select
        *,
        channel is null and team is null and portfolio is null as is_shared,
        {{ period_start('month', 'cost_date') }} as month_start_date
    from {{ ref('stg_billing__costs') }}
    where cost_date <= (select as_of from {{ ref('int_clock') }})

),

drivers as (

    select * from {{ ref('int_cost_drivers') }}

),

allocated as (

    select
        costs.cost_id,
        costs.cost_date,
        costs.cost_kind,
        costs.is_shared,
        costs.driver,
        costs.currency,
        coalesce(costs.channel, drivers.channel) as channel,
        coalesce(costs.team, drivers.team) as team,
        coalesce(costs.portfolio, drivers.portfolio) as portfolio,
        case
            when drivers.driver is null then costs.amount
            else {{ share_amount(
                'costs.amount',
                'drivers.weight_before',
                'drivers.weight_after',
                'drivers.weight_total'
            ) }}
        end as amount
    from costs
    left join drivers
        on
            costs.is_shared
            and costs.driver = drivers.driver
            and costs.month_start_date = drivers.month_start_date

)

select
    cost_id,
    cost_date,
    cost_kind,

    -- what it falls on
    channel,
    team,
    portfolio,
    case
        when coalesce(channel, team, portfolio) is null then 'unallocated'
        when is_shared then driver
        else 'direct'
    end as allocation_basis,
    coalesce(channel, team, portfolio) is null as is_unallocated,

    -- money
    cast(amount as decimal(18, 2)) as amount,
    currency
from allocated
