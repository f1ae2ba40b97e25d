-- One row per part of the cash collected, dated by its booking, and one per agent and
-- span of days of employment. Employees have no currency: they stand beside the cash in
-- the reporting one.

select
    unit_id,
    kpi_date,
    cast(null as date) as ends_on,
    currency,
    numerator,
    0 as denominator
from {{ ref('kpi_cash_collected') }}

union all

select
    agent_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    '{{ var("reporting_currency") }}' as currency,
    0 as numerator,
    headcount as denominator
from {{ ref('int_employee_spans') }}
