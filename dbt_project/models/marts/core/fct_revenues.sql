-- One row per revenue of the collection operation, dated by its booking.

select
    revenue_id,
    revenue_date,
    revenue_kind,
    portfolio,
    amount,
    currency
from {{ ref('stg_billing__revenues') }}
where revenue_date <= (select as_of from {{ ref('int_clock') }})
