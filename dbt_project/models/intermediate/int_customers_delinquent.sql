-- One row per golden customer and stay in delinquency, on booked cash: from the first
-- day any debt is overdue to the last one before none is, and how it left.

with

overdue as (

    select * from {{ ref('int_debts_overdue') }}

),

periods as (

    select * from {{ ref('fct_debt_periods') }}

),

movements as (

    select * from {{ ref('fct_overdue_movements') }}

),

reached_so_far as (

    select
        *,
        max(valid_to_date) over (
            partition by customer_id order by valid_from_date, contract_id
            rows between unbounded preceding and 1 preceding
        ) as overdue_until_date
    from overdue

),

numbered as (

    select
        *,
        sum(
            case
                when valid_from_date <= {{ add_days('overdue_until_date', 1) }} then 0
                else 1
            end
        ) over (
            partition by customer_id order by valid_from_date, contract_id
            rows between unbounded preceding and current row
        ) as stay_number
    from reached_so_far

),

stays as (

    select
        customer_id,
        stay_number,
        min(valid_from_date) as entry_date,
        max(valid_to_date) as last_date,
        max(segment) as segment,
        max(region) as region
    from numbered
    group by customer_id, stay_number

),

-- of the debts that were the last ones overdue, the largest says how the customer left

last_debts as (

    select
        numbered.customer_id,
        numbered.stay_number,
        numbered.contract_id,
        {{ add_days('numbered.valid_to_date', 1) }} as exit_date
    from numbered
    inner join stays
        on
            numbered.customer_id = stays.customer_id
            and numbered.stay_number = stays.stay_number
            and numbered.valid_to_date = stays.last_date
    qualify row_number() over (
        partition by numbered.customer_id, numbered.stay_number
        order by numbered.overdue_amount desc, numbered.contract_id asc
    ) = 1

),

exits as (

    select
        last_debts.customer_id,
        last_debts.stay_number,
        last_debts.exit_date,
        case
            when periods.debt_status = 'sold' then 'debt_sale'
            when periods.debt_status = 'recalled' then 'recall'
            when not periods.is_in_balance then 'written_off'
            when agreement_shares.activated_date = last_debts.exit_date
                then 'agreement'
            when movements.cash_amount <= 0 then 'forgiven'
            when movements.otherwise_amount > 0 then 'settled_with_haircut'
            else 'paid'
        end as exit_reason
    from last_debts
    inner join periods
        on
            last_debts.contract_id = periods.contract_id
            and last_debts.exit_date >= periods.valid_from_date
            and last_debts.exit_date <= periods.valid_to_date
    inner join movements
        on
            last_debts.contract_id = movements.contract_id
            and last_debts.exit_date = movements.calendar_date
    left join {{ ref('int_agreement_shares') }} as agreement_shares
        on
            periods.contract_id = agreement_shares.contract_id
            and periods.agreement_id = agreement_shares.agreement_id

)

select
    stays.customer_id,
    stays.entry_date,
    stays.last_date,
    exits.exit_date,
    exits.exit_reason,
    stays.segment,
    stays.region
from stays
left join exits
    on
        stays.customer_id = exits.customer_id
        and stays.stay_number = exits.stay_number
