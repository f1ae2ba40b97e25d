-- One row per customer to contact on the day after as_of, whom no conduct rule keeps
-- out: the most expected recovery first, with channel, hour and why.

with

clock as (

    select * from {{ ref('int_clock') }}

),

overdue as (

    select * from {{ ref('int_customers_overdue') }}

),

possible as (

    select queue_options.*
    from {{ ref('int_queue_options') }} as queue_options
    left join {{ ref('int_customers_untreated') }} as untreated
        on queue_options.customer_id = untreated.customer_id
    where untreated.customer_id is null

),

best_hours as (

    select
        overdue.customer_id,
        best_hours.customer_hour
    from overdue
    inner join {{ ref('best_hour_by_segment') }} as best_hours
        on
            (best_hours.dimension = 'segment' and overdue.segment = best_hours.member)
            or (
                best_hours.dimension = 'age_band'
                and overdue.age_band = best_hours.member
            )
            or best_hours.dimension = 'all'
    where best_hours.is_recommended
    qualify row_number() over (
        partition by overdue.customer_id
        order by
            case best_hours.dimension
                when 'segment' then 1
                when 'age_band' then 2
                else 3
            end
    ) = 1

),

hours as (

    select
        customer_id,
        channel,
        {{ listed('cast(customer_hour as string)', 'customer_hour') }}
            as permitted_hours
    from possible
    group by customer_id, channel

),

-- the channel that suits best and, on it, the hour shown to be best, else the first

chosen as (

    select
        possible.*,
        coalesce(possible.customer_hour = best_hours.customer_hour, false)
            as is_best_hour
    from possible
    left join best_hours on possible.customer_id = best_hours.customer_id
    qualify row_number() over (
        partition by possible.customer_id
        order by
            possible.channel_rank asc,
            coalesce(possible.customer_hour = best_hours.customer_hour, false) desc,
            possible.customer_hour asc
    ) = 1

),

scores as (

    select
        scores.customer_id,
        scores.score_model,
        scores.score
    from {{ ref('fct_scores') }} as scores
    inner join {{ ref('int_score_model_used') }} as model_used
        on scores.score_model = model_used.score_model
    where
        scores.is_current
        and scores.scored_date
        > (select {{ add_days('as_of', -var('score_max_age_days')) }} from clock)

),

reasons as (

    select
        customer_id,
        score_model,
        max(text_en) filter (where position = 1) as reason_1_en,
        max(text_pt) filter (where position = 1) as reason_1_pt,
        max(text_es) filter (where position = 1) as reason_1_es,
        max(text_en) filter (where position = 2) as reason_2_en,
        max(text_pt) filter (where position = 2) as reason_2_pt,
        max(text_es) filter (where position = 2) as reason_2_es,
        max(text_en) filter (where position = 3) as reason_3_en,
        max(text_pt) filter (where position = 3) as reason_3_pt,
        max(text_es) filter (where position = 3) as reason_3_es
    from {{ ref('score_reasons') }}
    group by customer_id, score_model

),

rules as (

    select
        customer_id,
        channel,
        {{ listed_once('conduct_rule') }} as rules_applied
    from {{ ref('int_contacts_ruled') }}
    where is_planned
    group by customer_id, channel

),

queue as (

    select
        overdue.*,
        scores.score,
        scores.score_model,
        scores.score is not null as is_scored,
        scores.score * cast(overdue.overdue_amount as double) as rank_amount,
        chosen.channel,
        chosen.channel_basis,
        chosen.contact_point_id,
        chosen.customer_hour,
        chosen.is_best_hour
    from overdue
    inner join chosen on overdue.customer_id = chosen.customer_id
    left join scores on overdue.customer_id = scores.customer_id

)

select
    {{ add_days('(select as_of from clock)', 1) }} as queue_date,
    row_number() over (
        order by
            queue.is_scored desc,
            queue.rank_amount desc nulls last,
            queue.days_past_due desc,
            queue.overdue_amount desc nulls last,
            queue.customer_id asc
    ) as queue_position,
    queue.customer_id,

    -- what may come of it
    case
        when queue.score between 0 and 1
            then cast(
                {{ ten_thousandths('queue.score') }} * queue.overdue_amount
                as decimal(18, 2)
            )
    end as expected_recovery_amount,
    queue.is_scored,
    queue.score,
    queue.score_model,

    -- what it is about
    queue.overdue_amount,
    '{{ var("reporting_currency") }}' as currency,
    queue.days_past_due,

    -- how and when
    queue.channel as recommended_channel,
    queue.channel_basis,
    queue.contact_point_id,
    queue.customer_hour as recommended_hour,
    case when queue.is_best_hour then 'shown_best' else 'earliest' end as hour_basis,
    hours.permitted_hours,
    queue.time_zone,

    -- why
    reasons.reason_1_en,
    reasons.reason_1_pt,
    reasons.reason_1_es,
    reasons.reason_2_en,
    reasons.reason_2_pt,
    reasons.reason_2_es,
    reasons.reason_3_en,
    reasons.reason_3_pt,
    reasons.reason_3_es,

    -- which rules were checked
    rules.rules_applied
from queue
left join hours
    on queue.customer_id = hours.customer_id and queue.channel = hours.channel
left join reasons
    on
        queue.customer_id = reasons.customer_id
        and queue.score_model = reasons.score_model
left join rules
    on queue.customer_id = rules.customer_id and queue.channel = rules.channel
