"""A small warehouse file as ingestion and dbt leave it: 200 debts, a payment on each."""

from pathlib import Path

import duckdb

from orchestration.seal import seal

TABLES = """
create schema raw;

create table int_clock as
select date '2026-01-31' as known_at, date '2026-01-31' as as_of;

create table raw.files as
select
    'default' as source_system,
    area,
    kind,
    date '2026-01-31' as export_day,
    area || '/' || kind || '/2026-01-31.csv' as file_name,
    'its hash' as file_hash,
    false as is_full,
    200::bigint as rows_in,
    200::bigint as rows_loaded,
    0::bigint as rows_rejected
from (
    values
    ('billing', 'customers'), ('billing', 'contracts'), ('billing', 'instalments'),
    ('contact', 'contacts'), ('contact', 'promises'), ('payment', 'payments')
) as kinds (area, kind);

create table rejected_rows (
    source_system varchar, area varchar, kind varchar, export_day date, file_name varchar,
    row_number bigint, column_name varchar, value varchar, reason varchar
);

create table customer_case as select 'K' || range as customer_id from range(200);

create table dim_customers as select 'K' || range as customer_id from range(200);
create table int_customers_merged as
select customer_id, customer_id as golden_customer_id from dim_customers;
create table dim_contracts as
select 'C' || range as contract_id, 'K' || range as customer_id, 'BRL' as currency
from range(200);
comment on table dim_contracts is 'One row per contract, which is the debt.';
comment on column dim_contracts.contract_id is 'The debt.';
create table stg_billing__instalments as
select
    'I' || range as instalment_id, 'C' || range as contract_id, 100::decimal(18, 2) as amount
from range(200);
create table stg_billing__agreements (agreement_id varchar);
create table stg_payment__payments as
select
    'P' || range as payment_id, 'C' || range as contract_id, 'I' || range as instalment_id,
    null::varchar as agreement_id, null::varchar as customer_id, 50::decimal(18, 2) as amount
from range(200);
create table raw.payment_payments as
select
    payment_id, contract_id, amount::varchar as amount, 'default' as source_system,
    'payment/payments/2026-01-31.csv' as file_name, row_number() over () + 1 as row_number,
    date '2026-01-31' as export_day
from stg_payment__payments;
create table raw.billing_instalments as
select
    instalment_id, contract_id, amount::varchar as amount, 'default' as source_system,
    'billing/instalments/2026-01-31.csv' as file_name, row_number() over () + 1 as row_number,
    date '2026-01-31' as export_day
from stg_billing__instalments;
create table fct_contacts as
select 'T' || range as contact_id, 'K' || range as customer_id from range(200);
create table raw.contact_contacts as
select
    contact_id, 'contact/contacts/2026-01-31.csv' as file_name,
    row_number() over () + 1 as row_number, date '2026-01-31' as export_day
from fct_contacts;
create table fct_promises as
select
    'M' || range as promise_id, 'K' || range as customer_id,
    50::decimal(18, 2) as amount
from range(200);
create table raw.contact_promises as
select
    promise_id, 'contact/promises/2026-01-31.csv' as file_name,
    row_number() over () + 1 as row_number, date '2026-01-31' as export_day
from fct_promises;
create table fct_agreements (agreement_id varchar);
create table fct_cash as
select
    payment_id || ':1' as cash_id, payment_id, date '2026-01-20' as booked_date, amount,
    'BRL' as currency
from stg_payment__payments;
create table fct_allocations as
select payment_id, contract_id, booked_date, 'contract' as allocation_basis, fct_cash.amount
from fct_cash inner join stg_payment__payments using (payment_id);
create table fct_debt_periods as
select
    contract_id, date '2026-01-01' as valid_from_date, date '2026-01-31' as valid_to_date,
    50::decimal(18, 2) as outstanding_amount, 50::decimal(18, 2) as overdue_amount
from dim_contracts;

create table kpi_catalog as
select
    'recovery_rate' as kpi_id, 'ratio' as kind, 1::double as multiplier, true as is_available,
    0::double as minimum_value, 1::double as maximum_value, 1 as version, true as is_money
union all
select 'net_promoter_score', 'ratio', 100, false, -100, 100, 1, false;
create table kpi_recovery_rate as
select contract_id as unit_id, 50 as numerator, 100 as denominator from dim_contracts;
create table kpi_values as
select
    'recovery_rate' as kpi_id, 'month' as period_grain, date '2025-12-01' as period_start,
    date '2025-12-31' as period_end, 'all' as dimension, 'all' as member, 'all' as part,
    10000::double as numerator, 20000::double as denominator, 0.5::double as value,
    'BRL' as currency, true as is_complete_period, true as is_mature, false as is_small_sample,
    null::varchar as blocked_by;
create table kpi_targets as
select
    'recovery_rate' as kpi_id, 'month' as period_grain, 'all' as dimension, 'all' as member,
    'all' as part, date '2000-01-01' as valid_from_date, date '9999-12-31' as valid_to_date,
    0.6::double as target;
create table kpi_cells as
select 'recovery_rate' as kpi_id, date '2025-12-31' as calendar_date, 200 as row_count,
    null::varchar as blocked_by;
"""


def make_warehouse(path: Path, *changes: str) -> Path:
    """Write the warehouse to ``path``, then change it with SQL statements."""
    return build(path, TABLES, *changes)


def build(path: Path, *changes: str) -> Path:
    """Change a warehouse as a whole build would, which seals it."""
    with duckdb.connect(str(path)) as connection:
        for change in changes:
            connection.execute(change)
    seal(path, "hand-made")
    return path
