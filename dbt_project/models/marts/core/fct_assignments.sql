-- One row per experiment and unit (a golden customer, or a contract) assigned to one of
-- its arms by as_of: by its first assignment, whatever followed.

with

assignments as (

    select * from {{ ref('stg_contact__assignments') }}
    where
        assigned_date <= (select as_of from {{ ref('int_clock') }})
        and coalesce(contract_id, customer_id) is not null

),

of_units as (

    select
        assignments.*,
        case when assignments.contract_id is null then 'customer' else 'contract' end
            as unit_kind,
        coalesce(
            contracts.customer_id, merged.golden_customer_id, assignments.customer_id
        ) as golden_customer_id
    from assignments
    left join {{ ref('dim_contracts') }} as contracts
        on assignments.contract_id = contracts.contract_id
    left join {{ ref('int_customers_merged') }} as merged
        on assignments.customer_id = merged.customer_id

),

ordered as (

    select
        *,
        coalesce(contract_id, golden_customer_id) as unit_id,
        min(arm) over unit != max(arm) over unit as is_crossover,
        row_number() over (
            partition by
                experiment, unit_kind, coalesce(contract_id, golden_customer_id)
            order by assigned_at asc, arm asc, customer_id asc nulls last
        ) as assignment_number
    from of_units
    window unit as (
        partition by experiment, unit_kind, coalesce(contract_id, golden_customer_id)
    )

)

select
    ordered.experiment,

    -- who was assigned
    ordered.unit_kind,
    ordered.unit_id,
    ordered.golden_customer_id as customer_id,
    ordered.contract_id,

    -- to what
    ordered.arm,
    coalesce(ordered.arm = experiments.control_arm, false) as is_control,
    ordered.is_crossover,
    ordered.planned_share,

    -- when
    ordered.assigned_at,
    ordered.assigned_date
from ordered
inner join {{ ref('int_experiments') }} as experiments
    on ordered.experiment = experiments.experiment
where ordered.assignment_number = 1
