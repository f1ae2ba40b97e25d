-- One row per day from the first event to as_of, with the periods it lies in.

with

clock as (

    select * from {{ ref('int_clock') }}

),

first_days as (

    select min(first_date) as first_date
    from (
        select min(least(due_date, issued_date)) as first_date
        from {{ ref('stg_billing__instalments') }}
        union all
        select min(least(originated_date, stated_entry_date)) as first_date
        from {{ ref('stg_billing__contracts') }}
        union all
        select min(adjusted_date) as first_date
        from {{ ref('stg_billing__adjustments') }}
        union all
        select min(activated_date) as first_date
        from {{ ref('stg_billing__agreements') }}
        union all
        select min(contact_date) as first_date from {{ ref('stg_contact__contacts') }}
        union all
        select min(made_date) as first_date from {{ ref('stg_contact__promises') }}
        union all
        select min(status_date) as first_date from {{ ref('stg_payment__payments') }}
        union all
        select min(cost_date) as first_date from {{ ref('stg_billing__costs') }}
        union all
        select min(revenue_date) as first_date from {{ ref('stg_billing__revenues') }}
        union all
        select min(delivered_date) as first_date from {{ ref('stg_contact__surveys') }}
        union all
        select min(started_date) as first_date
        from {{ ref('stg_payment__portal_sessions') }}
    ) as earliest

),

days as (

    {{ day_spine(
        '(select least(first_date, (select as_of from clock)) from first_days)',
        '(select as_of from clock)'
    ) }}

)

select
    calendar_date,
    {{ iso_weekday('calendar_date') }} as iso_weekday,
    {{ period_start('week', 'calendar_date') }} as week_start_date,
    {{ period_start('month', 'calendar_date') }} as month_start_date,
    {{ period_start('quarter', 'calendar_date') }} as quarter_start_date,
    {{ period_start('year', 'calendar_date') }} as year_start_date
from days
