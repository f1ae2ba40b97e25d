-- One row per customer left alone on the day after as_of: assigned to an untreated arm
-- of an experiment whose outcome is not known yet. Whether everything was paid on time
-- is known as soon as something is overdue.

with

clock as (

    select * from {{ ref('int_clock') }}

)

select
    assignments.customer_id,
    assignments.experiment,
    {{ add_days('assignments.assigned_date', 'experiments.horizon_days') }}
        as until_date
from {{ ref('fct_assignments') }} as assignments
inner join {{ ref('int_experiments') }} as experiments
    on assignments.experiment = experiments.experiment
where
    lower(assignments.arm) in (
        {%- for arm in var('untreated_arms') %}
        '{{ arm }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
    and experiments.outcome != 'on_time'
    and {{ add_days('assignments.assigned_date', 'experiments.horizon_days') }}
    > (select as_of from clock)
qualify row_number() over (
    partition by assignments.customer_id
    order by until_date desc, assignments.experiment asc
) = 1
