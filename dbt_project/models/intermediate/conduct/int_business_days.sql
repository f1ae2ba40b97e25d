-- One row per country with customers and day up to two after as_of: what kind of day it
-- is there, and how many business days (Monday to Friday, no holiday) there have been
-- up to and with it. A country without holidays in the calendar has none.

with

countries as (

    select distinct {{ customer_country('country') }} as country
    from {{ ref('dim_customers') }}

),

days as (

    {{ day_spine(
        '(select min(calendar_date) from ' ~ ref('dim_dates') ~ ')',
        '(select ' ~ add_days('as_of', 2) ~ ' from ' ~ ref('int_clock') ~ ')'
    ) }}

),

typed as (

    select
        countries.country,
        days.calendar_date,
        case
            when holidays.holiday_date is not null then 'holiday'
            when {{ iso_weekday('days.calendar_date') }} = 7 then 'sunday'
            when {{ iso_weekday('days.calendar_date') }} = 6 then 'saturday'
            else 'weekday'
        end as day_kind
    from countries
    cross join days
    left join {{ ref('holidays') }} as holidays
        on
            countries.country = holidays.country
            and days.calendar_date = holidays.holiday_date

)

select
    country,
    calendar_date,
    day_kind,
    count(*) filter (where day_kind = 'weekday') over (
        partition by country order by calendar_date
        rows between unbounded preceding and current row
    ) as business_day_number
from typed
