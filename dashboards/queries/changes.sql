-- One row per change of the operation and measure: in as many days before as after, and the accounts
-- behind both.
select
    operation_changes.description_en as change_en,
    operation_changes.description_pt as change_pt,
    operation_changes.description_es as change_es,
    before_and_after.changed_date,
    before_and_after.window_days,
    before_and_after.measure,
    case
        when before_and_after.measure like 'cash%' then 'money'
        when before_and_after.measure like '%rate%' then 'ratio'
        else 'count'
    end as unit,
    before_and_after.value_before,
    before_and_after.value_after,
    before_and_after.difference_relative,
    before_and_after.delinquent_accounts_before,
    before_and_after.delinquent_accounts_after,
    if(before_and_after.is_complete, 'whole', 'incomplete') as standing
from before_and_after
left join operation_changes using (change_id)
order by before_and_after.changed_date desc, before_and_after.change_id, before_and_after.measure
