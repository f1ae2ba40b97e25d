-- One row per assignment and instalment of its unit that fell due after the day of the
-- assignment, within the horizon of the experiment, and that nothing had covered
-- before: was it paid on time?

with

assignments as (

    select
        assignments.experiment,
        assignments.unit_kind,
        assignments.unit_id,
        assignments.customer_id,
        assignments.contract_id,
        assignments.assigned_at,
        assignments.assigned_date,
        {{ add_days('assignments.assigned_date', 'experiments.horizon_days') }}
            as horizon_end_date
    from {{ ref('fct_assignments') }} as assignments
    inner join {{ ref('int_experiments') }} as experiments
        on assignments.experiment = experiments.experiment
    where
        experiments.outcome = 'on_time'
        or experiments.purpose = 'pre_due_reminder'

),

instalments as (

    select * from {{ ref('fct_instalments') }}
    where due_date <= (select as_of from {{ ref('int_clock') }})

),

-- the instalments of a contract, or of all contracts of a customer

of_units as (

    select
        assignments.*,
        instalments.instalment_id,
        instalments.contract_id as debt_id,
        instalments.due_date,
        instalments.settled_date,
        instalments.is_settled_by_cash
    from assignments
    inner join instalments on assignments.contract_id = instalments.contract_id

    union all

    select
        assignments.*,
        instalments.instalment_id,
        instalments.contract_id as debt_id,
        instalments.due_date,
        instalments.settled_date,
        instalments.is_settled_by_cash
    from assignments
    inner join instalments on assignments.customer_id = instalments.customer_id
    where assignments.unit_kind = 'customer'

)

-- what had been paid before the assignment is nobody's doing, in either arm
select
    of_units.experiment,
    of_units.unit_kind,
    of_units.unit_id,
    of_units.instalment_id,
    of_units.debt_id as contract_id,
    of_units.due_date,
    coalesce(
        of_units.settled_date <= of_units.due_date and of_units.is_settled_by_cash,
        false
    ) as is_paid_on_time
from of_units
left join {{ ref('int_debt_cash_days') }} as cash_days
    on
        of_units.debt_id = cash_days.contract_id
        and of_units.settled_date = cash_days.booked_date
where
    of_units.assigned_date < of_units.due_date
    and of_units.horizon_end_date >= of_units.due_date
    and (
        of_units.settled_date is null
        or coalesce(
            cash_days.last_booked_at, {{ hour_unknown('of_units.settled_date') }}
        ) > of_units.assigned_at
    )
