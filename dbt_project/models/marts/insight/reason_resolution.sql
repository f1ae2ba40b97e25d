-- One row per reason of debt, way it was learnt, and whether it is ours to fix, and one
-- for all reasons: how many stays in collection of which it was known in time were
-- resolved, beside those without any reason. An association, no effect.

with

landmarks as (

    select * from {{ ref('int_reasons_at_landmark') }}

),

-- a stay counts once under a member, however many of its reasons are the member's
sliced as (

    select distinct
        'all' as dimension,
        case when reason is null then 'without_reason' else 'all' end as member,
        episode_id,
        customer_id,
        is_mature,
        is_resolved,
        is_forgiven
    from landmarks
    {%- for dimension, member in {
        'reason': 'reason',
        'reason_source': "coalesce(reason_source, 'unknown')",
        'fixable': "case when is_fixable_by_us then 'ours_to_fix' else 'not_ours' end",
    }.items() %}
    union all
    select distinct
        '{{ dimension }}' as dimension,
        {{ member }} as member,
        episode_id,
        customer_id,
        is_mature,
        is_resolved,
        is_forgiven
    from landmarks
    where reason is not null
    {%- endfor %}

),

of_customers as (

    select
        dimension,
        member,
        customer_id,
        count(*) filter (where is_mature) as episode_count,
        count(*) filter (where not is_mature) as open_episode_count,
        count(*) filter (where is_mature and is_resolved) as resolved_count,
        count(*) filter (where is_mature and is_forgiven) as forgiven_count
    from sliced
    group by dimension, member, customer_id

),

counted as (

    select
        dimension,
        member,
        cast(sum(episode_count) as bigint) as episode_count,
        cast(sum(open_episode_count) as bigint) as open_episode_count,
        cast(sum(resolved_count) as bigint) as resolved_count,
        cast(sum(forgiven_count) as bigint) as forgiven_count,
        count(*) filter (where episode_count > 0) as customer_count,
        cast(sum(resolved_count * resolved_count) as bigint) as squared_resolved_count,
        cast(sum(resolved_count * episode_count) as bigint) as crossed_count,
        cast(sum(episode_count * episode_count) as bigint) as squared_episode_count
    from of_customers
    group by dimension, member

),

rated as (

    select
        *,
        {{ ratio('resolved_count', 'episode_count') }} as resolved_rate
    from counted

),

-- a customer's debts are resolved together more often than by chance, so that they say
-- as much as fewer debts that have nothing to do with each other: the effective sample
-- size, Kish, "Survey Sampling", 1965, by how the rate varies from customer to customer

sized as (

    select
        *,
        episode_count / greatest(
            coalesce(
                (
                    squared_resolved_count
                    - 2 * resolved_rate * crossed_count
                    + resolved_rate * resolved_rate * squared_episode_count
                ) / nullif(episode_count * resolved_rate * (1 - resolved_rate), 0),
                1
            ),
            1
        ) as effective_count
    from rated

),

weighed as (

    select
        *,
        effective_count * resolved_rate as effective_resolved_count
    from sized

),

-- one row, even where there is no such stay
without_reason as (

    select
        coalesce(max(episode_count), 0) as episode_count,
        coalesce(max(customer_count), 0) as customer_count,
        max(resolved_rate) as resolved_rate,
        max(effective_count) as effective_count,
        max(effective_resolved_count) as effective_resolved_count
    from weighed
    where member = 'without_reason'

)

select
    weighed.dimension,
    weighed.member,

    -- the reason was known
    weighed.episode_count,
    weighed.open_episode_count,
    weighed.customer_count,
    weighed.resolved_count,
    weighed.resolved_rate,
    weighed.forgiven_count,
    {{ ratio('weighed.forgiven_count', 'weighed.episode_count') }} as forgiven_rate,

    -- no reason was
    without_reason.episode_count as other_episode_count,
    without_reason.resolved_rate as other_resolved_rate,

    -- the difference
    weighed.resolved_rate - without_reason.resolved_rate as difference,
    {%- for sign, end in [('-', 'low'), ('+', 'high')] %}
    {{ difference_bound(
        sign, 'weighed.effective_resolved_count', 'weighed.effective_count',
        'without_reason.effective_resolved_count', 'without_reason.effective_count'
    ) }} as interval_{{ end }},
    {%- endfor %}
    least(weighed.customer_count, without_reason.customer_count)
    < {{ var('small_sample') }} as is_small_sample,
    'association' as design
from weighed
cross join without_reason
where weighed.member != 'without_reason'
