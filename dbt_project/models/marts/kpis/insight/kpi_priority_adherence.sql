-- One row per day on which customers were called for the first time since they were
-- scored: of the places there were for customers of the highest tenth of the scores,
-- how many were given to them?
--
-- There are as many places as customers of the highest tenth who were still in arrears
-- on the eve and had not been called, and no more than customers were called that day.
-- They are the day's first ones.

with

called as (

    select
        *,
        rank() over (
            partition by decision_date, called_date order by called_at
        ) as call_position
    from {{ ref('int_priorities_called') }}
    where called_date is not null

),

days as (

    select
        decision_date,
        called_date,
        max(score_model) as score_model,
        count(*) as called_count
    from called
    group by decision_date, called_date

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

),

places as (

    select
        days.decision_date,
        days.called_date,
        days.score_model,
        least(waiting.waiting_count, days.called_count) as place_count
    from days
    inner join waiting
        on
            days.decision_date = waiting.decision_date
            and days.called_date = waiting.called_date

)

select
    places.score_model || ':' || places.called_date as unit_id,
    places.called_date as kpi_date,
    places.score_model,
    -- of calls at the same instant, more may share the last place than it can hold
    least(
        count(*) filter (
            where called.is_top_decile and called.call_position <= places.place_count
        ),
        places.place_count
    ) as numerator,
    places.place_count as denominator
from places
inner join called
    on
        places.decision_date = called.decision_date
        and places.called_date = called.called_date
group by
    places.called_date,
    places.score_model,
    places.place_count
