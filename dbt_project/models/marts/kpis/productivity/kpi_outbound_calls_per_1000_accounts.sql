-- One row per outbound call attempted, as the call volume counts it, and one per
-- account and span of days on which it is overdue.

select
    unit_id,
    kpi_date,
    cast(null as date) as ends_on,
    segment,
    region,
    numerator,
    0 as denominator
from {{ ref('kpi_outbound_call_volume') }}

union all

select
    account_id as unit_id,
    valid_from_date as kpi_date,
    valid_to_date as ends_on,
    segment,
    region,
    0 as numerator,
    1 as denominator
from {{ ref('int_account_spans') }}
where is_delinquent
