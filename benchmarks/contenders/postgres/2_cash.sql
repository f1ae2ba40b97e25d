-- cash: payments that cleared, and what undoes them, each on its day

create unlogged table cash as
with statuses as (
    select
        *,
        lower(status) as payment_status,
        case
            when lower(status) = 'cleared' then payment_id
            else coalesce(original_payment_id, payment_id)
        end as undone_id,
        case
            when lower(status) != 'cleared' and length(status_at) = 10
                then (status_at::date + 1)::timestamptz - interval '1 second'
            else status_at::timestamptz
        end as ordered_at,
        case when lower(status) = 'cleared' then 0 else 1 end as status_order
    from newest_payments
    where
        lower(status) in ('cleared', 'reversed', 'charged_back', 'refunded')
        and status_at::timestamptz::date <= :as_of
),

movements as (
    select *
    from (
        select
            *,
            lag(payment_status) over (
                partition by undone_id, payment_status = 'refunded'
                order by ordered_at, status_order, payment_id
            ) as before
        from statuses
    ) as followed
    where
        payment_status = 'refunded'
        or (payment_status = 'cleared') is distinct from coalesce(before = 'cleared', false)
),

numbered as (
    select
        *,
        count(*) filter (where payment_status = 'cleared') over so_far as clearing,
        row_number() over so_far as movement
    from movements
    window so_far as (partition by undone_id order by ordered_at, status_order, payment_id)
),

undone as (
    select
        *,
        max(amount) filter (where payment_status = 'cleared') over clearings as cleared_amount,
        first_value(coalesce(upper(currency), 'BRL')) over in_turn as cash_currency,
        first_value(lower(channel)) over in_turn as paid_channel,
        min(movement) over clearings as cleared_movement,
        coalesce(sum(abs(amount)) filter (where payment_status != 'cleared') over in_turn, 0)
            as undone_amount
    from numbered
    where clearing > 0
    window
        clearings as (partition by undone_id, clearing),
        in_turn as (partition by undone_id, clearing order by movement)
),

signed as (
    select
        *,
        case
            when payment_status = 'cleared' then amount
            else sign(cleared_amount) * (
                least(undone_amount - abs(amount), abs(cleared_amount))
                - least(undone_amount, abs(cleared_amount))
            )
        end as signed_amount,
        cleared_amount - sign(cleared_amount) * max(
            least(undone_amount, abs(cleared_amount))
        ) over (partition by undone_id, clearing) as left_amount
    from undone
)

select
    undone_id || ':' || movement as cash_id,
    undone_id || ':' || cleared_movement as cleared_id,
    undone_id as payment_id,
    payment_status = 'cleared' as is_payment,
    status_at::timestamptz::date as booked_date,
    case
        when length(status_at) > 10 then status_at::timestamptz
        else (status_at::date + 1)::timestamptz - interval '1 second'
    end as booked_at,
    signed_amount as amount,
    case when payment_status = 'cleared' then left_amount else 0 end as restated_amount,
    cash_currency as currency,
    lower(channel) as payment_channel,
    paid_channel,
    contract_id,
    instalment_id,
    agreement_id,
    coalesce(golden_id, customer_id) as customer_id
from signed
left join golden using (customer_id)
where signed_amount != 0;

analyze cash;

-- which contracts a payment is for: as its source allocates it, else as it names one

create unlogged table targets as
with only_contracts as (
    select customer_id, min(contract_id) as contract_id
    from contracts
    group by customer_id
    having count(*) = 1
),

ways as (
    select
        cash_id,
        1 as precedence,
        allocations.contract_id,
        sum(allocations.amount) / greatest(cash.amount, sum(sum(allocations.amount)) over (
            partition by cash_id
        )) as share
    from cash
    inner join newest_allocations as allocations using (payment_id)
    inner join contracts on allocations.contract_id = contracts.contract_id
    where is_payment and allocations.amount > 0
    group by cash_id, cash.amount, allocations.contract_id

    union all

    select cash_id, 2, contracts.contract_id, 1
    from cash
    left join newest_instalments as instalments using (instalment_id)
    inner join contracts
        on coalesce(cash.contract_id, instalments.contract_id) = contracts.contract_id
    where is_payment

    union all

    select
        cash_id,
        3,
        agreement_contracts.contract_id,
        replaced_amount / sum(replaced_amount) over (partition by cash_id)
    from cash
    inner join newest_agreements as agreements using (agreement_id)
    inner join newest_agreement_contracts as agreement_contracts using (agreement_id)
    inner join contracts on agreement_contracts.contract_id = contracts.contract_id
    where is_payment and activated_date <= :as_of

    union all

    select cash_id, 4, only_contracts.contract_id, 1
    from cash
    inner join only_contracts using (customer_id)
    where
        is_payment
        and cash.contract_id is null
        and instalment_id is null
        and agreement_id is null
),

-- from the day after a sale or recall the claim is not ours, until it is undone

claims as (
    select
        contract_id,
        adjusted_date as from_date,
        lead(adjusted_date, 1, date '9999-12-31') over contract_so_far as to_date,
        sum(amount) filter (where kind = 'debt_sale') over contract_so_far > 0
        or sum(amount) filter (where kind = 'recall') over contract_so_far > 0 as is_gone
    from (
        select contract_id, lower(kind) as kind, adjusted_date, sum(amount) as amount
        from newest_adjustments
        where lower(kind) in ('debt_sale', 'recall') and adjusted_date <= :as_of
        group by contract_id, lower(kind), adjusted_date
    ) as daily
    window contract_so_far as (partition by contract_id order by adjusted_date, kind)
)

select
    ways.cash_id,
    ways.contract_id,
    share,
    not coalesce(is_gone, false) as is_ours
from (
    select *, min(precedence) over (partition by cash_id) as first_precedence from ways
) as ways
inner join cash using (cash_id)
left join claims
    on
        ways.contract_id = claims.contract_id
        and booked_date > from_date
        and booked_date <= to_date
where precedence = first_precedence;

analyze targets;

create unlogged table rates as
select
    currency,
    rate,
    rate_date as from_date,
    least(
        rate_date + 7,
        lead(rate_date, 1, date '9999-12-31') over (partition by currency order by rate_date) - 1
    ) as to_date
from newest_fx_rates
where rate > 0;

create unlogged table our_cash as
with gone as (
    select cash_id, sum(share) as share
    from targets
    where not is_ours
    group by cash_id
)

select
    cash.*,
    amount - round(amount * coalesce(gone.share, 0), 2) as our_amount,
    (amount - round(amount * coalesce(gone.share, 0), 2))
    * case when cash.currency = 'BRL' then 1 else rate end as reported_amount
from cash
left join gone on cash.cleared_id = gone.cash_id
left join rates
    on cash.currency = rates.currency and booked_date between from_date and to_date;
