-- In every year due dates move in, the calendar of the policy's country has holidays.

{{ config(severity='warn') }}

select distinct {{ period_start('year', 'moved.moved_due_date') }} as year_start_date
from {{ ref('int_due_dates_moved') }} as moved
left join {{ ref('holidays') }} as holidays
    on
        holidays.country = '{{ var("roll_due_dates") }}'
        and {{ period_start('year', 'moved.moved_due_date') }}
        = {{ period_start('year', 'holidays.holiday_date') }}
where holidays.holiday_date is null
