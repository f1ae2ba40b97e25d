-- by month, in all and by one dimension

create unlogged table figures (
    kpi_id text, month date, dimension text, member text, part text,
    numerator numeric, denominator numeric
);

insert into figures
select
    'cash_collected',
    date_trunc('month', booked_date)::date as month,
    case when grouping(payment_channel) = 0 then 'payment_channel'
        when grouping(currency) = 0 then 'currency' else 'all' end,
    case when grouping(payment_channel) = 0 then coalesce(payment_channel, 'unknown')
        when grouping(currency) = 0 then currency else 'all' end,
    'all',
    case when grouping(currency) = 0 then sum(our_amount) else sum(reported_amount) end,
    null
from our_cash
where our_amount != 0
group by date_trunc('month', booked_date)::date, grouping sets ((), (payment_channel), (currency));

insert into figures
select
    'payment_channel_mix',
    date_trunc('month', booked_date)::date,
    'all',
    'all',
    coalesce(paid_channel, 'unknown'),
    sum(reported_amount),
    sum(sum(reported_amount)) over (partition by date_trunc('month', booked_date)::date)
from our_cash
where our_amount != 0
group by date_trunc('month', booked_date)::date, coalesce(paid_channel, 'unknown');

insert into figures
select
    'outbound_call_volume',
    date_trunc('month', contact_date)::date,
    case when grouping(portfolio) = 0 then 'portfolio' else 'all' end,
    case when grouping(portfolio) = 0 then coalesce(portfolio, 'unknown') else 'all' end,
    'all',
    count(*),
    null
from reached
left join contracts using (contract_id)
where direction = 'outbound' and channel = 'voice'
group by date_trunc('month', contact_date)::date, grouping sets ((), (portfolio));

insert into figures
select
    'automation_share',
    date_trunc('month', contact_date)::date,
    case when grouping(channel) = 0 then 'channel' else 'all' end,
    case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end,
    'all',
    count(*) filter (where actor in ('bot', 'automated', 'self')),
    count(*)
from reached
where direction = 'outbound' and is_contacted
group by date_trunc('month', contact_date)::date, grouping sets ((), (channel));

insert into figures
select
    kpi_id,
    date_trunc('month', sent_date)::date,
    case when grouping(channel) = 0 then 'channel' else 'all' end,
    case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end,
    'all',
    sum(case when is_counted then 1 else 0 end),
    count(*)
from reached
cross join lateral (
    values
    ('message_delivery_rate', is_delivered, true),
    ('message_open_rate', is_opened, is_delivered)
) as sides (kpi_id, is_counted, is_asked)
where direction = 'outbound' and channel in ('email', 'sms', 'whatsapp') and is_sent and is_asked
group by kpi_id, date_trunc('month', sent_date)::date, grouping sets ((), (channel));

-- a customer counts once in a slice and month, however many the actions

insert into figures
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
    group by month, customer_id, grouping sets ((), (channel))
) as customers
cross join lateral (
    values ('response_rate', is_answered), ('payment_conversion_rate', is_paid)
) as sides (kpi_id, is_counted)
group by kpi_id, month, dimension, member;

insert into figures
select
    'payment_attempt_failure_rate',
    month,
    case when grouping(channel) = 0 then 'channel' else 'all' end,
    case when grouping(channel) = 0 then coalesce(channel, 'unknown') else 'all' end,
    'all',
    count(*) filter (where not is_succeeded),
    count(*)
from sessions
group by month, grouping sets ((), (channel));

insert into figures
select
    'offer_acceptance_rate',
    month,
    case when grouping(portfolio) = 0 then 'portfolio' else 'all' end,
    case when grouping(portfolio) = 0 then coalesce(portfolio, 'unknown') else 'all' end,
    'all',
    count(*) filter (where is_accepted),
    count(*)
from offers
group by month, grouping sets ((), (portfolio));
