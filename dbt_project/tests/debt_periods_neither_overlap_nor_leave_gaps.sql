-- From its first day to as_of a debt is in exactly one period on any day.

with

periods as (

    select
        contract_id,
        valid_from_date,
        valid_to_date,
        lead(valid_from_date) over (
            partition by contract_id order by valid_from_date, valid_to_date
        ) as next_valid_from_date
    from {{ ref('fct_debt_periods') }}

)

select *
from periods
where
    valid_from_date > valid_to_date
    or coalesce(
        next_valid_from_date,
        {{ add_days('(select as_of from ' ~ ref('int_clock') ~ ')', 1) }}
    ) != {{ add_days('valid_to_date', 1) }}
