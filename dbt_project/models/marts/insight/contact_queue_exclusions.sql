-- One row per customer with something overdue who is not in the contact queue and rule
-- that keeps the customer out, on all channels or some; no_contact_point,
-- operation_closed and untreated_arm beside those of the conduct rules.

with

clock as (

    select
        *,
        {{ add_days('as_of', 1) }} as queue_date
    from {{ ref('int_clock') }}

),

kept_out as (

    select overdue.*
    from {{ ref('int_customers_overdue') }} as overdue
    left join {{ ref('contact_queue') }} as queue
        on overdue.customer_id = queue.customer_id
    where queue.customer_id is null

),

channels as (

    select channels.*
    from {{ ref('int_queue_channels') }} as channels
    inner join kept_out on channels.customer_id = kept_out.customer_id
    where channels.is_reachable

),

broken as (

    select
        judged.customer_id,
        judged.conduct_rule,
        judged.channel,
        judged.since_date,
        {{ conduct_sentence('judged', 'en') }} as why_en,
        {{ conduct_sentence('judged', 'pt') }} as why_pt,
        {{ conduct_sentence('judged', 'es') }} as why_es,
        -- the last day of it, NULL where that is not for the calendar to say
        case
            when judged.rule_kind in ('frequency_cap', 'after_conversation')
                then {{ add_days('judged.since_date', 'judged.within_days - 1') }}
            when judged.rule_kind = 'one_channel_a_week'
                then {{ add_days(period_start('week', 'judged.local_date'), 6) }}
            when judged.rule_kind = 'one_contact_a_day' then judged.local_date
        end as until_date
    from {{ ref('int_contacts_judged') }} as judged
    inner join channels
        on
            judged.customer_id = channels.customer_id
            and judged.channel = channels.channel
    where judged.is_planned and judged.is_breach

),

places_worked as (

    select distinct time_zone from {{ ref('int_queue_hours') }}

),

-- no rule closes the channel, and still there is no hour

without_hour as (

    select
        channels.customer_id,
        channels.channel,
        ruled.conduct_rule,
        places_worked.time_zone is not null as is_worked
    from channels
    inner join kept_out on channels.customer_id = kept_out.customer_id
    left join {{ ref('int_queue_options') }} as possible
        on
            channels.customer_id = possible.customer_id
            and channels.channel = possible.channel
    left join places_worked on kept_out.time_zone = places_worked.time_zone
    left join {{ ref('int_contacts_ruled') }} as ruled
        on
            channels.customer_id = ruled.customer_id
            and channels.channel = ruled.channel
            and ruled.is_planned
            and ruled.rule_kind in ('permitted_hours', 'stated_hours')
    where channels.is_open and possible.customer_id is null

),

keeping_out as (

    select * from broken

    union all

    select
        customer_id,
        conduct_rule,
        channel,
        cast(null as date) as since_date,
        'The hours of that day are outside those permitted, stated and worked.'
            as why_en,
        'Os horários desse dia estão fora dos permitidos, informados e trabalhados.'
            as why_pt,
        'Las horas de ese día están fuera de las permitidas, indicadas y trabajadas.'
            as why_es,
        (select queue_date from clock) as until_date
    from without_hour
    where is_worked

    union all

    select
        customer_id,
        'operation_closed' as conduct_rule,
        channel,
        cast(null as date) as since_date,
        'The operation does not work on that day.' as why_en,
        'A operação não trabalha nesse dia.' as why_pt,
        'La operación no trabaja ese día.' as why_es,
        (select queue_date from clock) as until_date
    from without_hour
    where not is_worked

    union all

    select
        kept_out.customer_id,
        'no_contact_point' as conduct_rule,
        cast(null as string) as channel,
        cast(null as date) as since_date,
        'No telephone or address of the customer is known.' as why_en,
        'Não se conhece telefone nem endereço do cliente.' as why_pt,
        'No se conoce teléfono ni dirección del cliente.' as why_es,
        cast(null as date) as until_date
    from kept_out
    left join channels on kept_out.customer_id = channels.customer_id
    where channels.customer_id is null

    union all

    select
        kept_out.customer_id,
        'untreated_arm' as conduct_rule,
        cast(null as string) as channel,
        cast(null as date) as since_date,
        'The experiment ' || untreated.experiment
        || ' leaves the customer alone until its outcome is known.' as why_en,
        'O experimento ' || untreated.experiment
        || ' deixa o cliente sem ação até que se conheça o resultado.' as why_pt,
        'El experimento ' || untreated.experiment
        || ' deja al cliente sin gestión hasta conocer el resultado.' as why_es,
        untreated.until_date
    from kept_out
    inner join {{ ref('int_customers_untreated') }} as untreated
        on kept_out.customer_id = untreated.customer_id

),

closed_channels as (

    select
        customer_id,
        conduct_rule,
        {{ listed_once('channel') }} as channels
    from keeping_out
    group by customer_id, conduct_rule

)

select
    (select queue_date from clock) as queue_date,
    keeping_out.customer_id,
    keeping_out.conduct_rule,
    closed_channels.channels,
    keeping_out.why_en,
    keeping_out.why_pt,
    keeping_out.why_es,
    keeping_out.until_date,
    kept_out.overdue_amount,
    '{{ var("reporting_currency") }}' as currency,
    kept_out.days_past_due
from keeping_out
inner join kept_out on keeping_out.customer_id = kept_out.customer_id
inner join closed_channels
    on
        keeping_out.customer_id = closed_channels.customer_id
        and keeping_out.conduct_rule = closed_channels.conduct_rule
-- of several sentences about one rule the one that goes back to the newest day
qualify row_number() over (
    partition by keeping_out.customer_id, keeping_out.conduct_rule
    order by keeping_out.since_date desc nulls last, keeping_out.channel asc
) = 1
