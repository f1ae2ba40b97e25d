-- One row per cohort (month, quarter or year of entry, in all or by one dimension): the
-- Kaplan-Meier median of the days from entry to settlement. Episodes still open, or
-- ended otherwise, are censored on the last day they were seen. A cohort is mature
-- when whoever is still open has been watched for as many days as the median.

{% set dimensions = [
    'portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band'
] -%}

with

episodes as (

    select
        *,
        {{ days_between('entry_date', 'last_date') }} as days_in_collection,
        exit_reason in ('paid', 'settled_with_haircut') as is_settled,
        case when exit_date is null then entry_date end as open_entry_date
    from {{ ref('fct_collection_episodes') }}

),

sliced as (

    select
        entry_date,
        'all' as dimension,
        'all' as member,
        days_in_collection,
        is_settled,
        open_entry_date
    from episodes
    {% for dimension in dimensions %}
    union all

    select
        entry_date,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as member,
        days_in_collection,
        is_settled,
        open_entry_date
    from episodes
    {% endfor %}
),

cohorts as (

    {% for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'entry_date') }} as period_start,
        dimension,
        member,
        days_in_collection,
        is_settled,
        open_entry_date
    from sliced
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

durations as (

    select
        period_grain,
        period_start,
        dimension,
        member,
        days_in_collection,
        count(*) as episode_count,
        count(*) filter (where is_settled) as settled_count,
        max(open_entry_date) as newest_open_entry_date
    from cohorts
    group by period_grain, period_start, dimension, member, days_in_collection

),

-- who is still there on a day includes those settled or last seen on it
at_risk as (

    select
        *,
        sum(episode_count) over (
            partition by period_grain, period_start, dimension, member
            order by days_in_collection desc
            rows between unbounded preceding and current row
        ) as at_risk_count
    from durations

),

survival as (

    select
        *,
        -- the product of the shares that survive each day; nobody survives a zero
        case
            when
                min(at_risk_count - settled_count) over so_far = 0
                then 0
            else
                exp(
                    sum(
                        ln(
                            cast(greatest(at_risk_count - settled_count, 1) as double)
                            / at_risk_count
                        )
                    ) over so_far
                )
        end as survival_share
    from at_risk
    window so_far as (
        partition by period_grain, period_start, dimension, member
        order by days_in_collection
        rows between unbounded preceding and current row
    )

),

medians as (

    select
        period_grain,
        period_start,
        dimension,
        member,
        sum(settled_count) as numerator,
        sum(episode_count) as denominator,
        -- a hair of slack: one half may come out of the product a last digit above it
        min(days_in_collection) filter (where survival_share <= 0.5 + 1e-9)
            as median_days,
        max(newest_open_entry_date) as newest_open_entry_date
    from survival
    group by period_grain, period_start, dimension, member

)

select
    period_grain,
    period_start,
    dimension,
    member,
    case
        when newest_open_entry_date is not null
            then coalesce(
                {{ add_days('newest_open_entry_date', 'median_days') }},
                date '9999-12-31'
            )
    end as matures_on,
    numerator,
    denominator,
    cast(median_days as double) as value
from medians
