-- by month, in all and by one dimension

select
    'cash_collected' as kpi_id,
    trunc(booked_date, 'month') as month,
    case when grouping(payment_channel) = 0 then 'payment_channel'
        when grouping(currency) = 0 then 'currency' else 'all' end as dimension,
    case when grouping(payment_channel) = 0 then coalesce(payment_channel, 'unknown')
        when grouping(currency) = 0 then currency else 'all' end as member,
    'all' as part,
    case when grouping(currency) = 0 then sum(our_amount) else sum(reported_amount) end
        as numerator,
    null as denominator
from our_cash
where our_amount != 0
group by grouping sets ((trunc(booked_date, 'month')), (trunc(booked_date, 'month'), payment_channel), (trunc(booked_date, 'month'), currency))

union all

select
    'payment_channel_mix',
    trunc(booked_date, 'month'),
    'all',
    'all',
    coalesce(paid_channel, 'unknown'),
    sum(reported_amount),
    sum(sum(reported_amount)) over (partition by trunc(booked_date, 'month'))
from our_cash
where our_amount != 0
group by trunc(booked_date, 'month'), coalesce(paid_channel, 'unknown')

union all

select
    'outbound_call_volume',
    trunc(contact_date, 'month'),
    case when grouping(portfolio) = 0 then 'portfolio' else 'all' end,
    case when grouping(portfolio) = 0 then coalesce(portfolio, 'unknown') else 'all' end,
    'all',
    count(*),
    null
from reached
left join contracts using (contract_id)
where direction = 'outbound' and channel = 'voice'
group by grouping sets ((trunc(contact_date, 'month')), (trunc(contact_date, 'month'), portfolio))

union all

select
    'automation_share',
    trunc(contact_date, 'month'),
    case when grouping(channel) = 0 then 'channel' else 'all' end,
    case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end,
    'all',
    count(*) filter (where actor in ('bot', 'automated', 'self')),
    count(*)
from reached
where direction = 'outbound' and is_contacted
group by grouping sets ((trunc(contact_date, 'month')), (trunc(contact_date, 'month'), channel))

union all

select
    kpi_id,
    trunc(sent_date, 'month'),
    case when grouping(channel) = 0 then 'channel' else 'all' end,
    case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end,
    'all',
    sum(case when is_counted then 1 else 0 end),
    count(*)
from reached
lateral view stack(
    2,
    'message_delivery_rate', is_delivered, true,
    'message_open_rate', is_opened, is_delivered
) sides as kpi_id, is_counted, is_asked
where direction = 'outbound' and channel in ('email', 'sms', 'whatsapp') and is_sent and is_asked
group by grouping sets ((kpi_id, trunc(sent_date, 'month')), (kpi_id, trunc(sent_date, 'month'), channel))

union all

select
    kpi_id, month, dimension, member, 'all',
    count(*) filter (where is_counted),
    count(*)
from (
    select
        month,
        customer_id,
        case when grouping(channel) = 0 then 'channel' else 'all' end as dimension,
        case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end
            as member,
        bool_or(is_answered) as is_answered,
        bool_or(is_paid) as is_paid
    from actions
    group by grouping sets ((month, customer_id), (month, customer_id, channel))
) as customers
lateral view stack(
    2, 'response_rate', is_answered, 'payment_conversion_rate', is_paid
) sides as kpi_id, is_counted
group by kpi_id, month, dimension, member

union all

select
    'payment_attempt_failure_rate',
    month,
    case when grouping(channel) = 0 then 'channel' else 'all' end,
    case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end,
    'all',
    count(*) filter (where not is_succeeded),
    count(*)
from sessions
group by grouping sets ((month), (month, channel))

union all

select
    'offer_acceptance_rate',
    month,
    case when grouping(portfolio) = 0 then 'portfolio' else 'all' end,
    case when grouping(portfolio) = 0 then coalesce(portfolio, 'unknown') else 'all' end,
    'all',
    count(*) filter (where is_accepted),
    count(*)
from offers
group by grouping sets ((month), (month, portfolio))
