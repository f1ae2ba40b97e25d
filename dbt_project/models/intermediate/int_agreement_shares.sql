-- One row per activated agreement and contract it replaces, with the contract's share
-- of the agreement: the weights from weight_before to weight_after of weight_total.
-- Shares follow the replaced amounts; where a source leaves one out, they are equal.
--
-- An agreement in another currency than the contract's is worth what it was on the day
-- it was activated. Without a rate for that day it replaces nothing.

with

agreements as (

    select *
    from {{ ref('stg_billing__agreements') }}
    where activated_date <= (select as_of from {{ ref('int_clock') }})

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- what an agreement asks is what its instalments come to
asked as (

    select
        agreement_id,
        sum(amount) as amount
    from {{ ref('stg_billing__agreement_instalments') }}
    group by agreement_id

),

replaced_contracts as (

    select
        agreement_contracts.agreement_id,
        agreement_contracts.contract_id,
        contracts.currency as debt_currency,
        agreement_contracts.replaced_amount,
        coalesce(
            min(agreement_contracts.replaced_amount) over (
                partition by agreement_contracts.agreement_id
            ) > 0
            and count(agreement_contracts.replaced_amount) over (
                partition by agreement_contracts.agreement_id
            ) = count(*) over (partition by agreement_contracts.agreement_id),
            false
        ) as has_replaced_amounts
    from {{ ref('stg_billing__agreement_contracts') }} as agreement_contracts
    inner join {{ ref('dim_contracts') }} as contracts
        on agreement_contracts.contract_id = contracts.contract_id

),

weighted as (

    select
        *,
        case
            when has_replaced_amounts then {{ cents('replaced_amount') }}
            else 1
        end as weight
    from replaced_contracts

),

cumulated as (

    select
        *,
        sum(weight) over (
            partition by agreement_id order by contract_id
            rows between unbounded preceding and current row
        ) as weight_after,
        sum(weight) over (partition by agreement_id) as weight_total
    from weighted

),

rated as (

    select
        cumulated.*,
        case
            when agreements.currency != cumulated.debt_currency
                then {{ rate_units(rate_of('agreements.currency', 'currency_rates')) }}
            else 1
        end as currency_rate,
        case
            when agreements.currency != cumulated.debt_currency
                then {{ rate_units(rate_of('cumulated.debt_currency', 'debt_rates')) }}
            else 1
        end as debt_rate
    from cumulated
    inner join agreements on cumulated.agreement_id = agreements.agreement_id
    left join rates as currency_rates
        on
            agreements.currency = currency_rates.currency
            and agreements.activated_date = currency_rates.rate_date
    left join rates as debt_rates
        on
            cumulated.debt_currency = debt_rates.currency
            and agreements.activated_date = debt_rates.rate_date

)

select
    agreements.agreement_id,
    rated.contract_id,
    agreements.activated_date,
    -- a later agreement on the same contract takes the place of this one
    least(
        coalesce(
            case
                when
                    agreements.ended_date <= (select as_of from {{ ref('int_clock') }})
                    then agreements.ended_date
            end,
            date '9999-12-31'
        ),
        coalesce(
            lead(agreements.activated_date) over (
                partition by rated.contract_id
                order by agreements.activated_date, agreements.agreement_id
            ),
            date '9999-12-31'
        )
    ) as replaced_until_date,
    case
        when
            agreements.newest_status = 'completed'
            and agreements.ended_date <= (select as_of from {{ ref('int_clock') }})
            then agreements.ended_date
    end as completed_date,
    cast(
        {{ share_amount(
            'rated.replaced_amount', '0', 'rated.currency_rate', 'rated.debt_rate'
        ) }} as decimal(18, 2)
    ) as replaced_amount,
    cast(
        {{ share_amount(
            'coalesce(asked.amount, agreements.agreed_amount)',
            '(rated.weight_after - rated.weight) * rated.currency_rate',
            'rated.weight_after * rated.currency_rate',
            '(rated.weight_total * rated.debt_rate)'
        ) }} as decimal(18, 2)
    ) as agreed_amount,
    rated.weight_after - rated.weight as weight_before,
    rated.weight_after,
    rated.weight_total,
    agreements.currency,
    rated.currency_rate,
    rated.debt_rate
from agreements
inner join rated on agreements.agreement_id = rated.agreement_id
left join asked on agreements.agreement_id = asked.agreement_id
