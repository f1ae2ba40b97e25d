-- One row per debt and day on which cash that stayed reached it: the instant of the
-- last.

select
    contract_id,
    booked_date,
    max(booked_at) as last_booked_at
from {{ ref('fct_allocations') }}
where contract_id is not null and is_ours and restated_amount > 0
group by contract_id, booked_date
