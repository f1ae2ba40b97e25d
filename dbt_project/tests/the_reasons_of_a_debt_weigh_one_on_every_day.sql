-- The reasons in force for a debt weigh exactly 1 in all on every day, from the first
-- one on: at every beginning of a span, what covers that day adds up.

with

reasons as (

    select * from {{ ref('fct_debt_reasons') }}

),

days as (

    select distinct
        contract_id,
        valid_from_date as calendar_date
    from reasons

    union

    select
        contract_id,
        max(valid_to_date) as calendar_date
    from reasons
    group by contract_id

)

select
    days.contract_id,
    days.calendar_date,
    sum(reasons.weight) as weight
from days
inner join reasons
    on
        days.contract_id = reasons.contract_id
        and days.calendar_date >= reasons.valid_from_date
        and days.calendar_date <= reasons.valid_to_date
group by days.contract_id, days.calendar_date
having sum(reasons.weight) != 1
