-- On as_of, a debt that has reached the days past due of entry by its contractual
-- schedule is in collection unless its debtor is dead or bankrupt, and a debt in
-- collection is overdue by that schedule, unless its export states the entry. In the
-- end, both bases of cash are the same.

with

clock as (

    select * from {{ ref('int_clock') }}

),

debts as (

    select
        periods.contract_id,
        contracts.stated_entry_date,
        {{ days_between(
            'periods.contractual_oldest_unpaid_due_date', 'periods.valid_to_date'
        ) }} as days_past_due
    from {{ ref('fct_debt_periods') }} as periods
    inner join {{ ref('dim_contracts') }} as contracts
        on periods.contract_id = contracts.contract_id
    where
        periods.valid_to_date = (select as_of from clock)
        and coalesce(periods.stage, '') not in ('deceased', 'bankruptcy')

),

open_episodes as (

    select contract_id from {{ ref('fct_collection_episodes') }}
    where exit_date is null

)

select
    debts.contract_id,
    debts.days_past_due,
    open_episodes.contract_id is not null as is_in_collection
from debts
left join open_episodes on debts.contract_id = open_episodes.contract_id
where
    (
        open_episodes.contract_id is null
        and debts.days_past_due >= {{ var('collection_entry_dpd') }}
    )
    or (
        open_episodes.contract_id is not null
        and debts.days_past_due is null
        and debts.stated_entry_date is null
    )
