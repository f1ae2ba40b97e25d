-- One row per day and customer who was given one of its places for the highest tenth of
-- the scores: was the customer of it?
--
-- There are as many places on a day as customers of the highest tenth who were still in
-- arrears on the eve and had not been called since they were scored, and no more than
-- customers were called that day for the first time. The day's first ones have them.

with

called as (

    select
        *,
        row_number() over (
            partition by decision_date, called_date
            order by called_at asc, is_top_decile desc, customer_id asc
        ) as call_position,
        count(*) over (partition by decision_date, called_date) as called_count
    from {{ ref('int_priorities_called') }}
    where called_date is not null

),

days as (

    select distinct
        decision_date,
        called_date
    from called

),

-- those of the highest tenth who wait to be called
waiting as (

    select
        days.decision_date,
        days.called_date,
        count(distinct priorities.customer_id) as waiting_count
    from days
    inner join {{ ref('int_priorities_called') }} as priorities
        on
            days.decision_date = priorities.decision_date
            and coalesce(days.called_date <= priorities.called_date, true)
    inner join {{ ref('fct_debt_periods') }} as debt_periods
        on
            priorities.customer_id = debt_periods.customer_id
            and {{ add_days('days.called_date', -1) }}
            between debt_periods.valid_from_date and debt_periods.valid_to_date
    where priorities.is_top_decile and debt_periods.overdue_amount > 0
    group by days.decision_date, days.called_date

)

select
    called.customer_id as unit_id,
    called.called_date as kpi_date,
    called.score_model,
    case when called.is_top_decile then 1 else 0 end as numerator,
    1 as denominator
from called
inner join waiting
    on
        called.decision_date = waiting.decision_date
        and called.called_date = waiting.called_date
where called.call_position <= least(waiting.waiting_count, called.called_count)
