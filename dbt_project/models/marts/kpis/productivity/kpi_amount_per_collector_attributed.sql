-- One row per part of the cash collected that follows a contact of an agent, dated by
-- its booking; and one per agent employed and span of days. Employees have no currency:
-- they stand beside the cash in the reporting one.

select
    allocation_id as unit_id,
    booked_date as kpi_date,
    cast(null as date) as ends_on,
    currency,
    agent_id as agent,
    team,
    amount as numerator,
    0 as denominator
from {{ ref('int_cash_attributed') }}
where agent_id is not null

union all

select
    agent_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    '{{ var("reporting_currency") }}' as currency,
    agent_id as agent,
    team,
    0 as numerator,
    headcount as denominator
from {{ ref('int_employee_spans') }}
