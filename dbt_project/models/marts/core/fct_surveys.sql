-- One row per invitation to a survey sent by as_of, with its response where one has
-- come, and whether that response counts.

with

clock as (

    select * from {{ ref('int_clock') }}

),

surveys as (

    select
        *,
        coalesce(invited_date, delivered_date, responded_date) as first_date
    from {{ ref('stg_contact__surveys') }}

),

merged as (

    select * from {{ ref('int_customers_merged') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

-- what a survey does not say of itself, the contact it asks about says

asked as (

    select
        surveys.response_id,
        surveys.contact_id,
        surveys.survey_kind,
        surveys.score,
        surveys.invited_at,
        surveys.invited_date,
        surveys.delivered_at,
        surveys.delivered_date,
        surveys.responded_at,
        surveys.responded_date,
        coalesce(merged.golden_customer_id, surveys.customer_id, contacts.customer_id)
            as customer_id,
        coalesce(surveys.channel, contacts.channel) as channel,
        coalesce(surveys.actor, contacts.actor) as actor,
        surveys.responded_date <= (select as_of from clock) as is_answered,
        case surveys.survey_kind
            when 'nps' then surveys.score >= 0 and surveys.score <= 10
            when 'csat' then surveys.score >= 1 and surveys.score <= 5
        end as is_on_scale
    from surveys
    left join merged on surveys.customer_id = merged.customer_id
    left join contacts on surveys.contact_id = contacts.contact_id
    where
        surveys.first_date is null
        or surveys.first_date <= (select as_of from clock)

),

answered as (

    select
        *,
        coalesce(is_answered and is_on_scale, false) as is_usable
    from asked

),

followed as (

    select
        *,
        is_usable
        and customer_id is not null
        and coalesce(
            {{ add_days('responded_date', var('survey_repeat_days')) }}
            > lead(responded_date) over (
                partition by survey_kind, customer_id, is_usable
                order by responded_at asc, response_id asc
            ),
            false
        ) as is_answered_again
    from answered

)

select
    followed.response_id,
    followed.customer_id,
    followed.contact_id,
    followed.survey_kind,
    followed.channel,
    followed.actor,

    -- when; who answered had the invitation delivered
    followed.invited_at,
    followed.invited_date,
    case
        when followed.delivered_date <= (select as_of from clock)
            then followed.delivered_date
        when followed.is_usable then followed.responded_date
    end as delivered_date,
    case when followed.is_answered then followed.responded_at end as responded_at,
    case when followed.is_answered then followed.responded_date end as responded_date,

    -- the response
    case
        when followed.is_answered or followed.responded_date is null
            then followed.score
    end as score,
    case
        when followed.survey_kind = 'nps' and followed.is_answered_again then 'repeated'
        when followed.is_usable then 'counted'
        when
            followed.is_answered
            or (followed.score is not null and followed.responded_date is null)
            then 'unusable'
        else 'none'
    end as response_status,

    -- what it belongs to
    customers.segment,
    customers.region,
    {{ age_band(
        'customers.birth_date',
        'coalesce(followed.responded_date, followed.delivered_date)'
    ) }} as age_band
from followed
left join {{ ref('dim_customers') }} as customers
    on followed.customer_id = customers.customer_id
