-- One row per month, age band (and all of them together) and channel: how many of the
-- customers who owe something prefer it, beside what a survey of debtors found.

with

preferences as (

    select
        period_start as month_start_date,
        member as age_band,
        part as channel,
        cast(numerator as bigint) as customer_count,
        value as customer_share,
        is_complete_period
    from {{ ref('kpi_values') }}
    where
        kpi_id = 'channel_preference'
        and period_grain = 'month'
        and dimension in ('all', 'age_band')

),

benchmarks as (

    select
        member as age_band,
        part as channel,
        benchmark,
        is_first_choice,
        survey
    from {{ ref('kpi_benchmarks') }}
    where kpi_id = 'channel_preference' and dimension in ('all', 'age_band')

),

bands as (

    select
        month_start_date,
        age_band,
        is_complete_period,
        cast(sum(customer_count) as bigint) as all_customer_count
    from preferences
    group by month_start_date, age_band, is_complete_period

),

-- a channel of the survey is there even where none of our customers prefers it
channels as (

    select
        month_start_date,
        age_band,
        channel
    from preferences

    union

    select
        bands.month_start_date,
        bands.age_band,
        benchmarks.channel
    from bands
    inner join benchmarks on bands.age_band = benchmarks.age_band

)

select
    channels.month_start_date,
    bands.is_complete_period,
    channels.age_band,
    channels.channel,
    coalesce(preferences.customer_count, 0) as customer_count,
    bands.all_customer_count,
    case
        when bands.all_customer_count > 0
            then coalesce(preferences.customer_share, 0)
    end as customer_share,
    benchmarks.benchmark as benchmark_share,
    coalesce(benchmarks.is_first_choice, false) as is_benchmark_first_choice,
    benchmarks.survey as benchmark_survey
from channels
inner join bands
    on
        channels.month_start_date = bands.month_start_date
        and channels.age_band = bands.age_band
left join preferences
    on
        channels.month_start_date = preferences.month_start_date
        and channels.age_band = preferences.age_band
        and channels.channel = preferences.channel
left join benchmarks
    on
        channels.age_band = benchmarks.age_band
        and channels.channel = benchmarks.channel
