-- One row per cash movement, signed, booked on its own day: a payment that cleared, and
-- whatever undoes it (reversal, chargeback, refund), linked to the payment undone.
-- restated_amount takes what was undone off the payment itself.

with

payments as (

    select
        *,
        -- what is undone was there before
        case
            when payment_status = 'cleared' then payment_id
            else coalesce(original_payment_id, payment_id)
        end as undone_payment_id,
        case
            when payment_status = 'cleared' or has_status_time then status_at
            else {{ end_of_day('status_date') }}
        end as ordered_at,
        case when payment_status = 'cleared' then 0 else 1 end as status_order
    from {{ ref('stg_payment__payments') }}
    where
        payment_status in ('cleared', 'reversed', 'charged_back', 'refunded')
        and status_date <= (select as_of from {{ ref('int_clock') }})

),

-- a clearing with no reversal since the last one repeats it, and the other way round
whole_movements as (

    select *
    from payments
    where payment_status != 'refunded'
    qualify (payment_status = 'cleared') is distinct from coalesce(
        lag(payment_status) over (
            partition by undone_payment_id
            order by ordered_at asc, status_order asc, payment_id asc
        ) = 'cleared',
        false
    )

),

movements as (

    select * from whole_movements
    union all
    select * from payments
    where payment_status = 'refunded'

),

-- what undoes a payment belongs to its last clearing; before any, it undoes nothing
clearings as (

    select
        *,
        count(*) filter (where payment_status = 'cleared') over (
            partition by undone_payment_id
            order by ordered_at asc, status_order asc, payment_id asc
            rows between unbounded preceding and current row
        ) as clearing_number,
        row_number() over (
            partition by undone_payment_id
            order by ordered_at asc, status_order asc, payment_id asc
        ) as movement_number
    from movements

),

undone_so_far as (

    select
        *,
        max(amount) filter (where payment_status = 'cleared') over (
            partition by undone_payment_id, clearing_number
        ) as cleared_amount,
        max(currency) filter (where payment_status = 'cleared') over (
            partition by undone_payment_id, clearing_number
        ) as cleared_currency,
        coalesce(
            sum(abs(amount)) filter (where payment_status != 'cleared') over (
                partition by undone_payment_id, clearing_number
                order by movement_number
                rows between unbounded preceding and current row
            ),
            0
        ) as undone_amount,
        min(movement_number) over (
            partition by undone_payment_id, clearing_number
        ) as clearing_movement_number
    from clearings
    where clearing_number > 0

),

-- no more can be undone than had cleared, be it paid or, below zero, paid out
signed as (

    select
        *,
        least(undone_amount, abs(cleared_amount)) as capped_undone_amount,
        case
            when payment_status = 'cleared' then amount
            else
                (
                    least(undone_amount - abs(amount), abs(cleared_amount))
                    - least(undone_amount, abs(cleared_amount))
                ) * sign(cleared_amount)
        end as signed_amount
    from undone_so_far

)

select
    undone_payment_id || ':' || movement_number as cash_id,
    payment_id,
    undone_payment_id || ':' || clearing_movement_number as cleared_cash_id,
    case payment_status
        when 'cleared' then 'payment'
        when 'reversed' then 'reversal'
        when 'charged_back' then 'chargeback'
        else 'refund'
    end as movement_kind,

    -- when
    status_date as booked_date,
    case
        when has_status_time then status_at
        else {{ hour_unknown('status_date') }}
    end as booked_at,
    has_status_time as has_booked_time,

    -- money
    cast(signed_amount as decimal(18, 2)) as amount,
    cast(
        case
            when payment_status = 'cleared'
                then cleared_amount - sign(cleared_amount) * max(
                    capped_undone_amount
                ) over (partition by undone_payment_id, clearing_number)
            else 0
        end as decimal(18, 2)
    ) as restated_amount,
    -- what is undone is what was paid
    cleared_currency as currency,

    -- what it names
    contract_id,
    instalment_id,
    agreement_id,
    customer_id,
    payment_method,
    payment_channel
from signed
where signed_amount != 0
