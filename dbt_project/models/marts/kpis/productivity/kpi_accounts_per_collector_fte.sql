-- One row per account and span of days on which it is overdue, and one per agent and
-- span of days of employment, worth what the agent works.

select
    account_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    1 as numerator,
    0 as denominator
from {{ ref('int_account_spans') }}
where is_delinquent

union all

select
    agent_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    0 as numerator,
    fte as denominator
from {{ ref('int_employee_spans') }}
