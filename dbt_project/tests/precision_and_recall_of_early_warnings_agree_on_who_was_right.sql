-- Flagged and late is the numerator of both: by day of decision and arm as many.

with

sides as (

    select
        kpi_date,
        treatment_arm,
        numerator as right_count
    from {{ ref('kpi_early_warning_precision') }}

    union all

    select
        kpi_date,
        treatment_arm,
        -numerator as right_count
    from {{ ref('kpi_early_warning_recall') }}

)

select
    kpi_date,
    treatment_arm,
    sum(right_count) as right_count
from sides
group by kpi_date, treatment_arm
having sum(right_count) != 0
