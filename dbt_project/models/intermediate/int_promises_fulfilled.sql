-- One row per promise that was neither cancelled nor superseded: the cash that fulfils
-- it by its due day and grace, and the cash that came late.
--
-- A payment fulfils at most one promise, the one due first; what of it goes to another
-- debt counts as a payment of its own. A promise takes the payments between its making
-- and its last day in their order, from the first one no promise before it has taken,
-- until it is fulfilled: a run of payments, known by where it begins. What no promise
-- took goes to the first one it comes in time for that is not fulfilled, else to the
-- first one it is late for. Cash in another currency than the promise's is worth what
-- it was to its debt, or on the day it was booked.

with recursive

promises as (

    select
        *,
        -- a promise without a contract is kept by cash of its customer on any debt
        coalesce(contract_id, 'customer ' || customer_id) || ' ' || currency
            as payer_id,
        amount * {{ var('promise_threshold_percent') }} * 0.01 as needed_amount,
        {{ add_days('due_date', var('promise_grace_days')) }} as last_date,
        {{ add_days(
            'due_date', var('promise_grace_days') + var('promise_late_days')
        ) }} as last_late_date
    from {{ ref('int_promises_made') }}
    where is_standing

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

payers as (

    select distinct
        payer_id,
        contract_id,
        case when contract_id is null then customer_id end as customer_id,
        currency
    from promises

),

cash as (

    select
        allocation_id,
        contract_id,
        customer_id,
        booked_at,
        booked_date,
        restated_amount,
        currency,
        restated_debt_amount,
        debt_currency
    from {{ ref('fct_allocations') }}
    where restated_amount > 0 and is_ours

),

cash_of_payers as (

    select
        payers.payer_id,
        payers.currency as payer_currency,
        cash.*
    from payers
    inner join cash on payers.contract_id = cash.contract_id

    union all

    select
        payers.payer_id,
        payers.currency as payer_currency,
        cash.*
    from payers
    inner join cash on payers.customer_id = cash.customer_id

),

-- in the currency of the promise; what cannot be told in it fulfils nothing

payments as (

    select
        cash.payer_id,
        cash.allocation_id,
        cash.booked_at,
        cash.booked_date,
        case
            when cash.currency = cash.payer_currency then cash.restated_amount
            when cash.debt_currency = cash.payer_currency
                then cash.restated_debt_amount
            else {{ share_amount(
                'cash.restated_amount',
                '0',
                rate_units(rate_of('cash.currency', 'cash_rates')),
                rate_units(rate_of('cash.payer_currency', 'payer_rates'))
            ) }}
        end as amount
    from cash_of_payers as cash
    left join rates as cash_rates
        on
            cash.currency = cash_rates.currency
            and cash.booked_date = cash_rates.rate_date
    left join rates as payer_rates
        on
            cash.payer_currency = payer_rates.currency
            and cash.booked_date = payer_rates.rate_date

),

numbered_payments as (

    select
        *,
        row_number() over (
            partition by payer_id order by booked_at, allocation_id
        ) as payment_number,
        sum(amount) over (
            partition by payer_id order by booked_at, allocation_id
            rows between unbounded preceding and current row
        ) as cumulative_amount
    from payments
    where amount > 0

),

-- every payment in time for a promise, and how far the promise would reach from there

in_time as (

    select
        promises.promise_id,
        promises.payer_id,
        promises.needed_amount,
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
            min(
                case
                    when
                        last_payments.cumulative_amount
                        - first_payments.cumulative_amount_before
                        >= first_payments.needed_amount
                        then last_payments.payment_number
                end
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

-- a payment that a promise on its debt and one of its customer took is the first due's
takings as (

    select
        taken.promise_id,
        payments.allocation_id,
        payments.amount
    from taken
    inner join promises on taken.promise_id = promises.promise_id
    inner join numbered_payments as payments
        on
            taken.payer_id = payments.payer_id
            and taken.first_payment_number <= payments.payment_number
            and taken.last_payment_number >= payments.payment_number
    qualify row_number() over (
        partition by payments.allocation_id
        order by promises.due_date, promises.made_at, promises.promise_id
    ) = 1

),

taken_sums as (

    select
        promise_id,
        sum(amount) as taken_amount
    from takings
    group by promise_id

),

leftovers as (

    select
        promises.promise_id,
        payments.amount,
        payments.booked_date > promises.last_date as is_late
    from numbered_payments as payments
    inner join promises
        on
            payments.payer_id = promises.payer_id
            and payments.booked_at >= promises.made_at
            and payments.booked_date <= promises.last_late_date
    left join takings on payments.allocation_id = takings.allocation_id
    left join taken_sums on promises.promise_id = taken_sums.promise_id
    where
        takings.allocation_id is null
        and coalesce(taken_sums.taken_amount, 0) < promises.needed_amount
    qualify row_number() over (
        partition by payments.allocation_id
        order by
            payments.booked_date > promises.last_date,
            promises.due_date,
            promises.made_at,
            promises.promise_id
    ) = 1

),

fulfilments as (

    select
        promise_id,
        amount as kept_amount,
        -- with recursive, a union has the types of its first branch: a bare 0 loses
        -- the cents of the second
        cast(0 as decimal(18, 2)) as late_amount
    from takings

    union all

    select
        promise_id,
        case when is_late then 0 else amount end as kept_amount,
        case when is_late then amount else 0 end as late_amount
    from leftovers

)

select
    promises.promise_id,
    coalesce(sum(fulfilments.kept_amount), 0) as kept_amount,
    coalesce(sum(fulfilments.late_amount), 0) as late_amount
from promises
left join fulfilments on promises.promise_id = fulfilments.promise_id
group by promises.promise_id
