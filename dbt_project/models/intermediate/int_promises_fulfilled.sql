-- One row per promise that was neither cancelled nor superseded: the cash that fulfils it
-- by its due day and grace, and the cash that came late.
--
-- A payment satisfies at most one promise, promises taken by due day. A promise takes the
-- payments between its making and its last day in their order, from the first one no
-- promise before it has taken, until it is fulfilled: a run of payments, known by where
-- it begins. Late cash is what no promise took in time; it goes to the promise due first.

with recursive

clock as (

    select * from {{ ref('int_clock') }}

),

promises as (

    select
        *,
        -- a promise without a contract is kept by cash of its customer on any debt
        coalesce(contract_id, 'customer ' || customer_id) as payer_id,
        {{ add_days('due_date', var('promise_grace_days')) }} as last_date,
        {{ add_days(
            'due_date', var('promise_grace_days') + var('promise_late_days')
        ) }} as last_late_date
    from {{ ref('int_promises_made') }}
    where is_standing

),

payers as (

    select distinct
        payer_id,
        contract_id,
        customer_id
    from promises

),

cash as (

    select
        cash_id,
        contract_id,
        customer_id,
        booked_at,
        booked_date,
        restated_amount
    from {{ ref('fct_allocations') }}
    where restated_amount > 0 and is_ours

),

payments as (

    select
        payers.payer_id,
        cash.cash_id,
        cash.booked_at,
        cash.booked_date,
        cash.restated_amount as amount
    from payers
    inner join cash on payers.contract_id = cash.contract_id

    union all

    select
        payers.payer_id,
        cash.cash_id,
        min(cash.booked_at) as booked_at,
        min(cash.booked_date) as booked_date,
        sum(cash.restated_amount) as amount
    from payers
    inner join cash on payers.customer_id = cash.customer_id
    where payers.contract_id is null
    group by payers.payer_id, cash.cash_id

),

numbered_payments as (

    select
        *,
        row_number() over (
            partition by payer_id order by booked_at, cash_id
        ) as payment_number,
        sum(amount) over (
            partition by payer_id order by booked_at, cash_id
            rows between unbounded preceding and current row
        ) as cumulative_amount
    from payments

),

-- every payment in time for a promise, and how far the promise would reach from there

in_time as (

    select
        promises.promise_id,
        promises.payer_id,
        promises.amount as promised_amount,
        payments.payment_number,
        payments.cumulative_amount,
        payments.cumulative_amount - payments.amount as cumulative_amount_before
    from promises
    inner join numbered_payments as payments
        on
            promises.payer_id = payments.payer_id
            and promises.made_at <= payments.booked_at
            and promises.last_date >= payments.booked_date

),

runs as (

    select
        first_payments.promise_id,
        first_payments.payment_number as first_payment_number,
        coalesce(
            min(last_payments.payment_number) filter (
                where
                    last_payments.cumulative_amount
                    - first_payments.cumulative_amount_before
                    >= first_payments.promised_amount
            ),
            max(last_payments.payment_number)
        ) as last_payment_number
    from in_time as first_payments
    inner join in_time as last_payments
        on
            first_payments.promise_id = last_payments.promise_id
            and first_payments.payment_number <= last_payments.payment_number
    group by first_payments.promise_id, first_payments.payment_number

),

ordered_promises as (

    select
        promises.promise_id,
        promises.payer_id,
        row_number() over (
            partition by promises.payer_id
            order by promises.due_date, promises.made_at, promises.promise_id
        ) as promise_number,
        min(in_time.payment_number) as first_payment_number
    from promises
    inner join in_time on promises.promise_id = in_time.promise_id
    group by
        promises.promise_id,
        promises.payer_id,
        promises.due_date,
        promises.made_at

),

taken as (

    select
        ordered_promises.payer_id,
        ordered_promises.promise_number,
        ordered_promises.promise_id,
        runs.first_payment_number,
        runs.last_payment_number,
        runs.last_payment_number as newest_payment_taken
    from ordered_promises
    inner join runs
        on
            ordered_promises.promise_id = runs.promise_id
            and ordered_promises.first_payment_number = runs.first_payment_number
    where ordered_promises.promise_number = 1

    union all

    select
        ordered_promises.payer_id,
        ordered_promises.promise_number,
        ordered_promises.promise_id,
        runs.first_payment_number,
        runs.last_payment_number,
        coalesce(runs.last_payment_number, taken.newest_payment_taken)
            as newest_payment_taken
    from taken
    inner join ordered_promises
        on
            taken.payer_id = ordered_promises.payer_id
            and ordered_promises.promise_number = taken.promise_number + 1
    left join runs
        on
            ordered_promises.promise_id = runs.promise_id
            and runs.first_payment_number = greatest(
                ordered_promises.first_payment_number, taken.newest_payment_taken + 1
            )

),

kept as (

    select
        taken.promise_id,
        sum(payments.amount) as kept_amount
    from taken
    inner join numbered_payments as payments
        on
            taken.payer_id = payments.payer_id
            and payments.payment_number >= taken.first_payment_number
            and payments.payment_number <= taken.last_payment_number
    group by taken.promise_id

),

free_payments as (

    select payments.*
    from numbered_payments as payments
    left join taken
        on
            payments.payer_id = taken.payer_id
            and payments.payment_number >= taken.first_payment_number
            and payments.payment_number <= taken.last_payment_number
    where taken.promise_id is null

),

late as (

    select
        promises.promise_id,
        payments.amount
    from free_payments as payments
    inner join promises
        on
            payments.payer_id = promises.payer_id
            and payments.booked_date > promises.last_date
            and payments.booked_date <= promises.last_late_date
    left join kept on promises.promise_id = kept.promise_id
    where coalesce(kept.kept_amount, 0) < promises.amount
    qualify row_number() over (
        partition by payments.payer_id, payments.payment_number
        order by promises.due_date, promises.made_at, promises.promise_id
    ) = 1

),

late_sums as (

    select
        promise_id,
        sum(amount) as late_amount
    from late
    group by promise_id

)

select
    promises.promise_id,
    coalesce(kept.kept_amount, 0) as kept_amount,
    coalesce(late_sums.late_amount, 0) as late_amount
from promises
left join kept on promises.promise_id = kept.promise_id
left join late_sums on promises.promise_id = late_sums.promise_id
