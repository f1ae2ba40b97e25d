-- One row per debt and span of days (both ends included) during which its state does
-- not change. To know a day, ask for the rows with that day between valid_from_date and
-- valid_to_date. Spans are cut where an event changes the state and where the calendar
-- moves the debt into the next ageing bucket.

with

clock as (

    select * from {{ ref('int_clock') }}

),

states as (

    select * from {{ ref('int_debt_states') }}

),

contractual as (

    select
        *,
        coalesce(
            {{ add_days(
                'lead(calendar_date) over (
                    partition by contract_id order by calendar_date
                )',
                -1
            ) }},
            (select as_of from clock)
        ) as valid_to_date
    from states
    where schedule_id = 'contractual'

),

agreed as (

    select
        states.contract_id,
        states.schedule_id as agreement_id,
        states.outstanding_amount,
        states.overdue_amount,
        states.oldest_unpaid_due_date,
        states.calendar_date as valid_from_date,
        least(
            coalesce(
                lead(states.calendar_date) over (
                    partition by states.contract_id, states.schedule_id
                    order by states.calendar_date
                ),
                date '9999-12-31'
            ),
            agreement_shares.replaced_until_date
        ) as next_valid_from_date
    from states
    inner join {{ ref('int_agreement_shares') }} as agreement_shares
        on
            states.contract_id = agreement_shares.contract_id
            and states.schedule_id = agreement_shares.agreement_id

),

exits as (

    select * from {{ ref('int_debt_exits') }}

),

-- an active agreement says what the debt owes; a debt sold or recalled owes us nothing

current_states as (

    select
        contractual.contract_id,
        contractual.calendar_date as valid_from_date,
        contractual.valid_to_date,
        agreed.agreement_id,
        coalesce(exits.is_written_off, false) as is_written_off,
        coalesce(exits.is_sold, false) as is_sold,
        coalesce(exits.is_recalled, false) as is_recalled,
        case
            when exits.is_sold or exits.is_recalled then 0
            when agreed.agreement_id is not null then agreed.outstanding_amount
            else contractual.outstanding_amount
        end as outstanding_amount,
        case
            when exits.is_sold or exits.is_recalled then 0
            when agreed.agreement_id is not null then agreed.overdue_amount
            else contractual.overdue_amount
        end as overdue_amount,
        case
            when exits.is_sold or exits.is_recalled then null
            when agreed.agreement_id is not null then agreed.oldest_unpaid_due_date
            else contractual.oldest_unpaid_due_date
        end as oldest_unpaid_due_date,
        case
            when not (exits.is_sold or exits.is_recalled) or exits.contract_id is null
                then contractual.oldest_unpaid_due_date
        end as contractual_oldest_unpaid_due_date
    from contractual
    left join agreed
        on
            contractual.contract_id = agreed.contract_id
            and contractual.calendar_date >= agreed.valid_from_date
            and contractual.calendar_date < agreed.next_valid_from_date
    left join exits
        on
            contractual.contract_id = exits.contract_id
            and contractual.calendar_date >= exits.exit_date
            and contractual.calendar_date < exits.next_exit_date

),

-- the ageing buckets a span runs through, one row each

aged as (

    select
        current_states.*,
        buckets.ageing_bucket,
        greatest(
            current_states.valid_from_date,
            coalesce(
                {{ add_days(
                    'current_states.oldest_unpaid_due_date', 'buckets.from_days_past_due'
                ) }},
                current_states.valid_from_date
            )
        ) as bucket_from_date,
        least(
            current_states.valid_to_date,
            coalesce(
                {{ add_days(
                    'current_states.oldest_unpaid_due_date', 'buckets.to_days_past_due'
                ) }},
                current_states.valid_to_date
            )
        ) as bucket_to_date
    from current_states
    inner join {{ ref('dim_ageing_buckets') }} as buckets
        on
            coalesce(
                {{ days_between(
                    'current_states.oldest_unpaid_due_date', 'current_states.valid_to_date'
                ) }},
                0
            ) >= buckets.from_days_past_due
            and coalesce(
                {{ days_between(
                    'current_states.oldest_unpaid_due_date',
                    'current_states.valid_from_date'
                ) }},
                0
            ) <= buckets.to_days_past_due

)

select
    aged.contract_id,
    contracts.customer_id,
    aged.bucket_from_date as valid_from_date,
    aged.bucket_to_date as valid_to_date,
    case
        when aged.is_sold then 'sold'
        when aged.is_recalled then 'recalled'
        when aged.is_written_off then 'written_off'
        when aged.outstanding_amount > 0 then 'open'
        else 'settled'
    end as debt_status,
    -- a write-off leaves the balances, and still the debtor owes
    not aged.is_written_off as is_in_balance,
    aged.agreement_id,
    cast(aged.outstanding_amount as decimal(18, 2)) as outstanding_amount,
    cast(aged.overdue_amount as decimal(18, 2)) as overdue_amount,
    aged.oldest_unpaid_due_date,
    aged.contractual_oldest_unpaid_due_date,
    aged.ageing_bucket,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    contracts.currency,
    contracts.segment,
    contracts.region,
    {{ age_band('contracts.birth_date', 'aged.bucket_from_date') }} as age_band
from aged
inner join {{ ref('dim_contracts') }} as contracts
    on aged.contract_id = contracts.contract_id
