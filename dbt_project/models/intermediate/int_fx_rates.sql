-- One row per currency and day on which there is a rate for it: what one unit is worth
-- in the reporting currency, by the newest rate that is not older than the policy
-- fx_max_age_days. The reporting currency is itself worth 1 on every day.

with

days as (

    select calendar_date from {{ ref('dim_dates') }}

),

-- nothing is worth nothing: such a rate is none

rates as (

    select
        currency,
        rate_date,
        rate
    from {{ ref('stg_payment__fx_rates') }}
    where
        rate > 0
        and currency != '{{ var("reporting_currency") }}'

),

followed as (

    select
        *,
        lead(rate_date) over (
            partition by currency order by rate_date, rate
        ) as next_rate_date
    from rates

)

select
    followed.currency,
    days.calendar_date as rate_date,
    followed.rate
from followed
inner join days
    on
        followed.rate_date <= days.calendar_date
        and {{ add_days('followed.rate_date', var('fx_max_age_days')) }}
        >= days.calendar_date
        and (
            followed.next_rate_date is null
            or followed.next_rate_date > days.calendar_date
        )

union all

select
    '{{ var("reporting_currency") }}' as currency,
    calendar_date as rate_date,
    cast(1 as decimal(18, 8)) as rate
from days
