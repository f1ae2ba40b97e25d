-- One row per due date on a non-business day and the business day it moves to, by the
-- calendar of the country the policy roll_due_dates names; none where it names none.

with

asked as (

    select due_date from {{ ref('stg_billing__instalments') }}
    union
    select due_date from {{ ref('stg_billing__agreement_instalments') }}
    union
    select coalesce(due_date, adjusted_date) as due_date
    from {{ ref('stg_billing__adjustments') }}

),

due_dates as (

    select due_date from asked
    where {{ 'true' if var('roll_due_dates') else 'false' }}

),

days as (

    {# no run of holidays lasts a month #}
    {{ day_spine(
        '(select min(due_date) from due_dates)',
        add_days('(select max(due_date) from due_dates)', 31)
    ) }}

),

holidays as (

    select holiday_date from {{ ref('holidays') }}
    where country = '{{ var("roll_due_dates") }}'

),

calendar as (

    select
        days.calendar_date,
        case
            when
                {{ iso_weekday('days.calendar_date') }} <= 5
                and holidays.holiday_date is null
                then days.calendar_date
        end as business_date
    from days
    left join holidays on days.calendar_date = holidays.holiday_date

),

followed as (

    select
        calendar_date,
        min(business_date) over (
            order by calendar_date
            rows between current row and unbounded following
        ) as next_business_date
    from calendar

)

select
    followed.calendar_date as due_date,
    followed.next_business_date as moved_due_date
from followed
inner join due_dates on followed.calendar_date = due_dates.due_date
where followed.calendar_date != followed.next_business_date
