"""A small warehouse file as ingestion and dbt leave it: 200 debts, a payment and a promise on each.

Promises came on five Saturdays before, so that the last delivery of them can be compared.
"""

from pathlib import Path

import duckdb

from orchestration.seal import seal
from orchestration.warehouse import open_warehouse

TABLES = """
create table int_clock as
select date '2026-01-31' as known_at, date '2026-01-31' as as_of;

insert into raw.files by name
select
    'default' as source_system,
    area,
    kind,
    export_day,
    area || '/' || kind || '/' || export_day || '.csv' as file_name,
    md5(file_name) as file_hash,
    area || '/' || kind || '/{day}*.csv' as path_pattern,
    '["a_column", "another"]' as column_names,
    false as is_full,
    200 as rows_in,
    200 as rows_loaded,
    0 as rows_rejected,
    export_day as loaded_at
from (
    select area, kind, date '2026-01-31' as export_day
    from (
        values
        ('billing', 'customers'), ('billing', 'contracts'), ('billing', 'instalments'),
        ('contact', 'contacts'), ('contact', 'promises'), ('payment', 'payments')
    ) as kinds (area, kind)
    union all
    select 'contact', 'promises', date '2026-01-31' - 7 * range::integer from range(1, 6)
);

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
    'I' || range as instalment_id, 'C' || range as contract_id, 100::decimal(18, 2) as amount,
    date '2026-01-10' as issued_date, date '2026-01-20' as due_date
from range(200);
create table stg_billing__contracts as
select
    contract_id, date '2025-06-01' as originated_date, null::date as closed_date
from dim_contracts;
create table stg_billing__agreements (
    agreement_id varchar, newest_status varchar, offered_date date, signed_date date,
    activated_date date, ended_date date
);
create table stg_billing__agreement_contracts (agreement_id varchar, contract_id varchar);
create table stg_billing__disputes (
    dispute_id varchar, contract_id varchar, opened_date date, closed_date date
);
create table stg_contact__agents (
    agent_id varchar, valid_from_date date, hired_date date, left_date date
);
create table stg_payment__payments as
select
    'P' || range as payment_id, 'C' || range as contract_id, 'I' || range as instalment_id,
    null::varchar as agreement_id, null::varchar as customer_id, 50::decimal(18, 2) as amount,
    null::varchar as original_payment_id, 'cleared' as payment_status,
    date '2026-01-20' as status_date
from range(200);
create table fct_contacts as
select 'T' || range as contact_id, 'K' || range as customer_id from range(200);
create table fct_speech_results as
select contact_id, 'counted' as speech_status from fct_contacts;
create table experiments as select 'reminder' as experiment;
create table fct_assignments as
select 'reminder' as experiment, date '2026-01-15' as assigned_date from range(200);
create table experiment_results as
select
    'reminder' as experiment, 'reminded' as arm, 100 as assigned_count, 0.5 as planned_share,
    100 as control_assigned_count, 0.5 as control_planned_share, 'sound' as ratio_check,
    1.0 as ratio_p_value;
create table fct_promises as
select
    'M' || range as promise_id, 'K' || range as customer_id,
    50::decimal(18, 2) as amount
from range(200);
create table stg_contact__promises as
select
    promise_id, date '2026-01-31' as made_date, date '2026-02-10' as due_date,
    null::date as cancelled_date
from fct_promises;

create macro delivered(kind, day) as {
    'source_system': 'default', 'file_name': kind || '/' || day || '.csv',
    'export_day': day::date
};
insert into raw.billing_customers by name
select
    customer_id, row_number() over () + 1 as row_number,
    unnest(delivered('billing/customers', '2026-01-31'))
from dim_customers;
insert into raw.billing_contracts by name
select
    contract_id, customer_id, '1000' as principal_amount, row_number() over () + 1 as row_number,
    unnest(delivered('billing/contracts', '2026-01-31'))
from dim_contracts;
insert into raw.billing_instalments by name
select
    instalment_id, contract_id, '2026-01-15' as due_date, amount,
    row_number() over () + 1 as row_number,
    unnest(delivered('billing/instalments', '2026-01-31'))
from stg_billing__instalments;
insert into raw.payment_payments by name
select
    payment_id, contract_id, amount, payment_status as status, '2026-01-20' as status_at,
    row_number() over () + 1 as row_number,
    unnest(delivered('payment/payments', '2026-01-31'))
from stg_payment__payments;
insert into raw.contact_contacts by name
select
    contact_id, customer_id, row_number() over () + 1 as row_number,
    unnest(delivered('contact/contacts', '2026-01-31'))
from fct_contacts;
insert into raw.contact_speech_results by name
select
    contact_id, 'price' as topic, row_number() over () + 1 as row_number,
    unnest(delivered('contact/speech_results', '2026-01-31'))
from fct_contacts;
-- promises are made from nine to six
insert into raw.contact_promises by name
select
    case when export_day = date '2026-01-31' then 'M' else 'old' || export_day || '-' end
    || range as promise_id,
    'K' || range as customer_id,
    '50' as amount,
    export_day + interval 9 hours + interval 1 minute * (range % 54 * 10) as made_at,
    export_day + 10 as due_date,
    range + 2 as row_number,
    unnest(delivered('contact/promises', export_day::varchar))
from range(200)
cross join (select export_day from raw.files where kind = 'promises') as deliveries;
drop macro delivered;
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

create table conduct_rules as
select
    'hours' as conduct_rule, 'permitted_hours' as rule_kind, true as is_judged,
    date '2000-01-01' as valid_from_date, date '9999-12-31' as valid_to_date,
    'BR' as country, null::varchar as region, 'sms voice' as channels,
    '08:30-20:00' as weekday_hours, null::varchar as saturday_hours,
    '09:00-10:00' as sunday_hours, null::varchar as holiday_hours;
create table int_business_days as
select 'BR' as country, date '2026-02-01' as calendar_date, 'sunday' as day_kind;
create table int_customers_overdue as
select customer_id, 'BR' as country, 'SP' as region from dim_customers;
create table contact_queue as
select
    date '2026-02-01' as queue_date, customer_id, 'sms' as recommended_channel,
    9 as recommended_hour
from dim_customers;
create table int_contacts_judged as
select
    'K7' as customer_id, channel, true as is_planned, channel = 'voice' as is_breach,
    'us_7_in_7' as conduct_rule, date '2026-01-30' as since_date
from (values ('sms'), ('voice')) as channels (channel);
create table stg_contact__consents (
    customer_id varchar, channel varchar, is_opted_in boolean, effective_at timestamp,
    effective_date date
);
insert into stg_contact__consents values
('K7', 'sms', false, '2026-01-10 12:00:00', '2026-01-10'),
('K7', 'sms', true, '2026-01-20 12:00:00', '2026-01-20'),
('K7', 'voice', false, '2026-01-20 12:00:00', '2026-01-20');
create table fct_contact_events as
select
    'K7' as customer_id, 'sms' as channel, 'opted_out' as event,
    timestamp '2026-01-11 12:00:00' as occurred_at;

create table kpi_catalog as
select
    'recovery_rate' as kpi_id, 'ratio' as kind, 1::double as multiplier, true as is_available,
    0::double as minimum_value, 1::double as maximum_value, 'row' as counts, true as is_money,
    null::varchar as numerator_spans, null::varchar as denominator_spans, 1 as version
union all
select 'net_promoter_score', 'ratio', 100, false, -100, 100, 'row', false, null, null, 1;
create table kpi_recovery_rate as
select contract_id as unit_id, 50 as numerator, 100 as denominator from dim_contracts;
create table kpi_values as
select
    'recovery_rate' as kpi_id, 'month' as period_grain, date '2025-12-01' as period_start,
    date '2025-12-31' as period_end, 'all' as dimension, 'all' as member, 'all' as part,
    10000::double as numerator, 20000::double as denominator, 0.5::double as value,
    200 as unit_count, 'BRL' as currency, true as is_complete_period, true as is_mature,
    false as is_small_sample, null::varchar as blocked_by;
create table kpi_targets as
select
    'recovery_rate' as kpi_id, 'month' as period_grain, 'all' as dimension, 'all' as member,
    'all' as part, date '2000-01-01' as valid_from_date, date '9999-12-31' as valid_to_date,
    0.6::double as target;
create table kpi_cells as
select 'recovery_rate' as kpi_id, date '2025-12-31' as calendar_date, 200 as row_count,
    null::varchar as blocked_by;
"""

# the release to compare it with
PUBLISHED = """
create table release as
select date '2026-01-30' as known_at, timestamp '2026-01-30 20:00:00' as released_at;
create table kpi_catalog as select 'recovery_rate' as kpi_id, 1 as version;
create table release_tables as select 'fct_cash' as table_name, 200 as row_count;
create table kpi_values as
select
    'recovery_rate' as kpi_id, 'month' as period_grain, date '2025-12-01' as period_start,
    'all' as dimension, 'all' as member, 'all' as part, 0.5::double as value,
    true as is_complete_period, true as is_mature, false as is_small_sample;
"""

NEWEST = "export_day = date '2026-01-31'"

# A full delivery of contracts and one before it.
FULL_CONTRACTS = """
    update raw.files set is_full = true where kind = 'contracts';
    insert into raw.files
    select * replace (
        date '2026-01-24' as export_day, {rows_before} as rows_in,
        timestamp '2026-01-24' as loaded_at
    )
    from raw.files where kind = 'contracts'
"""


def make_warehouse(path: Path, *changes: str) -> Path:
    """Write the warehouse to ``path``, then change it with SQL statements."""
    open_warehouse(path).close()
    return build(path, TABLES, *changes)


def build(path: Path, *changes: str) -> Path:
    """Change a warehouse as a whole build would, which seals it."""
    with duckdb.connect(str(path)) as connection:
        for change in changes:
            connection.execute(change)
    seal(path, "hand-made")
    return path


def make_published(path: Path) -> Path:
    """Write the file of the release before, as far as the audit reads it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(PUBLISHED)
    return path
