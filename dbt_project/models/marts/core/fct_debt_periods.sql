-- One row per debt and span of days (both ends included) during which its state does
-- not change. To know a day, ask for the rows with that day between valid_from_date and
-- valid_to_date. Spans are cut where an event changes the state, the stage or what is
-- disputed, and where the calendar moves the debt into the next ageing bucket: two that
-- follow each other may differ in one of these alone.

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

),

-- most debts have neither a stage nor a dispute, and stay as they are

staged as (

    select
        aged.*,
        circumstances.stage,
        greatest(
            aged.bucket_from_date,
            coalesce(circumstances.valid_from_date, aged.bucket_from_date)
        ) as from_date,
        least(
            aged.bucket_to_date,
            coalesce(circumstances.valid_to_date, aged.bucket_to_date)
        ) as to_date,
        case
            when circumstances.is_wholly_disputed then aged.outstanding_amount
            else coalesce(circumstances.disputed_amount, 0)
        end as disputed_amount
    from aged
    left join {{ ref('int_debt_circumstances') }} as circumstances
        on
            aged.contract_id = circumstances.contract_id
            and aged.bucket_from_date <= circumstances.valid_to_date
            and aged.bucket_to_date >= circumstances.valid_from_date

)

select
    staged.contract_id,
    contracts.account_id,
    contracts.customer_id,
    staged.from_date as valid_from_date,
    staged.to_date as valid_to_date,
    case
        when staged.is_sold then 'sold'
        when staged.is_recalled then 'recalled'
        when staged.is_written_off then 'written_off'
        when staged.outstanding_amount > 0 then 'open'
        else 'settled'
    end as debt_status,
    -- a write-off leaves the balances, and still the debtor owes
    not staged.is_written_off as is_in_balance,
    staged.stage,
    staged.agreement_id,
    cast(staged.outstanding_amount as decimal(18, 2)) as outstanding_amount,
    cast(staged.overdue_amount as decimal(18, 2)) as overdue_amount,
    cast(least(staged.disputed_amount, staged.outstanding_amount) as decimal(18, 2))
        as disputed_amount,
    -- what is overdue is disputed first
    cast(least(staged.disputed_amount, staged.overdue_amount) as decimal(18, 2))
        as disputed_overdue_amount,
    staged.oldest_unpaid_due_date,
    staged.contractual_oldest_unpaid_due_date,
    staged.ageing_bucket,
    contracts.portfolio,
    contracts.product,
    contracts.creditor_brand,
    contracts.currency,
    contracts.segment,
    contracts.region,
    {{ age_band('contracts.birth_date', 'staged.from_date') }} as age_band
from staged
inner join {{ ref('dim_contracts') }} as contracts
    on staged.contract_id = contracts.contract_id
