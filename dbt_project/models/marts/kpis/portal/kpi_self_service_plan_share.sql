-- One row per agreement the customer set up, dated by the signature, else by the
-- activation: was it set up without a person of ours having touched the customer in the
-- hours before?

select
    agreements.agreement_id as unit_id,
    coalesce(agreements.signed_date, agreements.activated_date) as kpi_date,
    customers.segment,
    customers.region,
    {{ age_band(
        'customers.birth_date',
        'coalesce(agreements.signed_date, agreements.activated_date)'
    ) }} as age_band,
    agreements.channel,
    agreements.agreement_kind,
    case when not steps.has_human_touch then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('fct_agreements') }} as agreements
inner join {{ ref('int_steps_touched') }} as steps
    on
        steps.step_kind = 'plan'
        and agreements.agreement_id = steps.step_id
left join {{ ref('dim_customers') }} as customers
    on agreements.customer_id = customers.customer_id
