-- One row per debt, span of days and reason in force in it: of every reason the newest
-- record so far. The weights of a debt's reasons on a day add up to exactly 1.

with

clock as (

    select * from {{ ref('int_clock') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

-- where the law forbids asking for the reason, what was asked is not used

reasons as (

    select
        reasons.contract_id,
        contracts.customer_id,
        reasons.reason,
        reasons.reason_source,
        reasons.recorded_at,
        reasons.recorded_date,
        cast(
            cast(
                case when reasons.weight < 0 then 0 else reasons.weight end
                as decimal(28, 6)
            ) * 1000000
            as bigint
        ) as given_weight
    from {{ ref('stg_contact__reasons') }} as reasons
    inner join {{ ref('dim_contracts') }} as contracts
        on reasons.contract_id = contracts.contract_id
    left join customers on contracts.customer_id = customers.customer_id
    where
        reasons.recorded_date <= (select as_of from clock)
        and not (
            coalesce(reasons.reason_source = 'asked', false)
            and coalesce(
                customers.country in (
                    {%- for country in var('reason_not_asked_countries') %}
                    '{{ country }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                ),
                false
            )
        )

),

spans as (

    select
        contract_id,
        recorded_date as valid_from_date,
        coalesce(
            {{ add_days(
                'lead(recorded_date) over (
                    partition by contract_id order by recorded_date
                )',
                -1
            ) }},
            (select as_of from clock)
        ) as valid_to_date
    from reasons
    group by contract_id, recorded_date

),

in_force as (

    select
        spans.contract_id,
        reasons.customer_id,
        spans.valid_from_date,
        spans.valid_to_date,
        reasons.reason,
        reasons.reason_source,
        reasons.recorded_date,
        reasons.given_weight
    from spans
    inner join reasons
        on
            spans.contract_id = reasons.contract_id
            and spans.valid_from_date >= reasons.recorded_date
    qualify row_number() over (
        partition by spans.contract_id, spans.valid_from_date, reasons.reason
        order by reasons.recorded_at desc
    ) = 1

),

-- a reason without a weight weighs as much as the mean of the others, one and all the
-- same where none has one or none more than nothing

weighed as (

    select
        *,
        case
            when coalesce(sum(given_weight) over span, 0) = 0 then 1000000
            else coalesce(
                given_weight,
                cast(
                    {{ whole_quotient(
                        '(2 * sum(given_weight) over span + count(given_weight) over span)',
                        '(2 * count(given_weight) over span)'
                    ) }} as bigint
                )
            )
        end as whole_weight
    from in_force
    window span as (partition by contract_id, valid_from_date)

),

cumulated as (

    select
        *,
        sum(whole_weight) over (
            partition by contract_id, valid_from_date
            order by reason
            rows between unbounded preceding and current row
        ) as cumulative_weight,
        sum(whole_weight) over (partition by contract_id, valid_from_date)
            as total_weight
    from weighed

)

select
    contract_id,
    customer_id,
    valid_from_date,
    valid_to_date,
    reason,
    reason_source,
    recorded_date,
    -- a hundred shared to the cent: four digits of one
    cast(
        {{ share_amount(
            '100', '(cumulative_weight - whole_weight)', 'cumulative_weight',
            'total_weight'
        ) }} * 0.01 as decimal(18, 4)
    ) as weight,
    reason in (
        {%- for reason in var('fixable_reasons') %}
        '{{ reason }}'{{ ',' if not loop.last }}
        {%- endfor %}
    ) as is_fixable_by_us
from cumulated
