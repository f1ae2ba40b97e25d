-- One row per agent employed and span of days (both ends included) during which team,
-- hours and absence stay the same. The span still running ends on as_of.

with

clock as (

    select * from {{ ref('int_clock') }}

),

-- the first that is said of an agent holds back to the day of hiring, and what is said
-- later of the day of leaving holds for the days before it was said
employed as (

    select
        agent_id,
        team,
        fte,
        case
            when hired_date is null then valid_from_date
            when
                valid_from_date
                = min(valid_from_date) over (partition by agent_id)
                then hired_date
            else greatest(valid_from_date, hired_date)
        end as employed_from_date,
        least(
            valid_to_date,
            coalesce(
                min(left_date) over (
                    partition by agent_id order by valid_from_date
                    rows between current row and unbounded following
                ),
                valid_to_date
            ),
            (select as_of from clock)
        ) as employed_to_date
    from {{ ref('dim_agents') }}

),

-- nobody is absent before it is said; a day without a row keeps the last row's absence
absence_changes as (

    select
        agent_id,
        is_absent,
        work_date
    from {{ ref('stg_contact__agent_days') }}
    qualify
        is_absent is distinct from coalesce(
            lag(is_absent) over (partition by agent_id order by work_date), false
        )

    union all

    select distinct
        agent_id,
        false as is_absent,
        date '0001-01-01' as work_date
    from employed

),

absences as (

    select
        agent_id,
        is_absent,
        work_date as absence_from_date,
        coalesce(
            {{ add_days(
                'lead(work_date) over (partition by agent_id order by work_date)', -1
            ) }},
            date '9999-12-31'
        ) as absence_to_date
    from absence_changes

)

select
    employed.agent_id,
    employed.team,
    greatest(employed.employed_from_date, absences.absence_from_date)
        as valid_from_date,
    least(employed.employed_to_date, absences.absence_to_date) as valid_to_date,
    1 as headcount,
    case when absences.is_absent then 0 else employed.fte end as fte
from employed
inner join absences
    on
        employed.agent_id = absences.agent_id
        and employed.employed_from_date <= absences.absence_to_date
        and employed.employed_to_date >= absences.absence_from_date
where employed.employed_from_date <= employed.employed_to_date
