"""A small world of two debts, and its releases with their logs of restatements."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.comparing.restatements import write_restatements
from orchestration.publication import RELEASE_TABLES
from orchestration.release_files import attach_release, write_marts
from orchestration.warehouse import open_warehouse

JANUARY = date(2026, 1, 1)
EXPORTED = "2026-01-31"
LATER = "2026-02-02"

# What dbt makes of payments, in small: cash on its day, cash of a debt, what a debt still owes.
MODELS = """
create table dim_fx_rates (currency varchar, rate_date date, rate double);
create table int_clock as select date '{as_of}' as known_at, date '{as_of}' as as_of;
create table int_customers_merged as
select * from (values ('K1', 'K1'), ('K2', 'K2')) as merged (customer_id, golden_customer_id);
create table dim_contracts as
select * from (values ('C1', 'K1', 'retail'), ('C2', 'K2', 'cards'))
as contracts (contract_id, customer_id, portfolio);
create table stg_payment__payments as
select payment_id, contract_id, lower(status) as status, status_at::date as status_date,
    amount::decimal(18, 2) as amount
from raw.payment_payments where export_day <= '{as_of}'
qualify row_number() over (
    partition by payment_id, status, status_at order by export_day desc, file_name desc
) = 1 and not coalesce(is_deleted::boolean, false);
create table fct_cash as
select
    payment_id, case when status = 'cleared' then 'payment' else 'reversal' end as movement_kind,
    contract_id, status_date as booked_date, if(status = 'cleared', amount, -amount) as amount
from stg_payment__payments;
create table fct_allocations as
select payment_id || ':' || row_number() over (partition by payment_id order by booked_date)
    as allocation_id, fct_cash.*, customer_id, portfolio
from fct_cash inner join dim_contracts using (contract_id);

create table kpi_cash_collected as
select allocation_id as unit_id, booked_date as kpi_date, portfolio, amount as numerator
from fct_allocations;
create table kpi_recovery_rate as
select contract_id as unit_id, date '2026-01-05' as kpi_date, portfolio,
    sum(amount) as numerator, 1000 as denominator
from fct_allocations group by all;
create table kpi_balance as
select contract_id as unit_id, booked_date as kpi_date,
    coalesce(lead(booked_date) over of_debt - 1, date '{as_of}') as ends_on, portfolio,
    1000 - sum(amount) over of_debt as numerator
from (select contract_id, booked_date, portfolio, sum(amount) as amount
    from fct_allocations group by all)
window of_debt as (partition by contract_id order by booked_date);
comment on column kpi_cash_collected.unit_id is 'The allocation.';
comment on column kpi_recovery_rate.unit_id is 'The debt.';
comment on column kpi_balance.unit_id is 'The debt.';
create table kpi_median (period_start date);

create table kpi_catalog as
select *, kpi_id as name_en, cast(null as varchar) as mix, true as is_money,
    cast(null as varchar) as denominator_spans, cast(null as varchar) as requires, 1 as multiplier
from (values
    ('cash_collected', 'amount', 'event', 'money', null, 'portfolio', 1),
    ('recovery_rate', 'ratio', 'cohort', 'ratio', null, 'portfolio', 1),
    ('balance', 'amount', 'snapshot', 'money', 'end', 'portfolio', 1),
    ('median', 'statistic', 'cohort', 'days', null, null, 1)
) as catalog (kpi_id, kind, time_basis, unit, numerator_spans, dimensions, version);

create table kpi_values as
with periods as (
    select 'month' as period_grain, first_day as period_start, last_day(first_day) as period_end
    from (select unnest([date '2026-01-01', date '2026-02-01']) as first_day)
    union all
    select 'day', day::date, day::date
    from generate_series(date '2026-01-28', date '{as_of}', interval 1 day) as days (day)
),
rows as (
    select 'cash_collected' as kpi_id, kpi_date, kpi_date as until, portfolio, numerator,
        cast(null as int) as denominator from kpi_cash_collected
    union all
    select 'recovery_rate', kpi_date, kpi_date, portfolio, numerator, denominator
    from kpi_recovery_rate
    union all
    select 'balance', kpi_date, ends_on, portfolio, numerator, null from kpi_balance
    union all
    select 'median', date '2026-01-05', date '2026-01-05', null, count(*), count(*)
    from stg_payment__payments
),
summed as (
    select kpi_id, period_grain, period_start, period_end,
        if(grouping(portfolio) = 1, 'all', 'portfolio') as dimension,
        if(grouping(portfolio) = 1, 'all', portfolio) as member,
        sum(numerator) as numerator, sum(denominator) as denominator
    from periods inner join rows on if(
        kpi_id = 'balance', least(period_end, date '{as_of}') between kpi_date and until,
        kpi_date between period_start and period_end
    )
    where period_start <= date '{as_of}'
    group by kpi_id, period_grain, period_start, period_end, cube (portfolio)
    having grouping(portfolio) = 1 or portfolio is not null
)
select
    *, 'all' as part, numerator::double / coalesce(denominator, 1) as value, 'BRL' as currency,
    period_end <= date '{as_of}' as is_complete_period, true as is_mature
from summed;
alter table kpi_values alter numerator type decimal(28, 4);
alter table kpi_values alter denominator type decimal(28, 4);
"""


@dataclass(frozen=True)
class Payment:
    """A row of an export of payments; ``day`` is the day it is about."""

    payment_id: str
    day: str
    amount: str
    status: str = "cleared"
    contract_id: str = "C1"
    exported: str = EXPORTED
    is_deleted: str | None = None


PAID = (
    Payment("P1", "2026-01-10", "600"),
    Payment("P2", "2026-01-20", "400"),
    Payment("P3", "2026-01-20", "70", contract_id="C2"),
)
LATE = Payment("P9", "2026-01-29", "150", exported=LATER)
TODAY = Payment("P10", LATER, "5", exported=LATER)


@dataclass
class Home:
    """Releases of a small world, one after the other."""

    place: Path
    releases: list[Path] = field(default_factory=list)

    def release(
        self,
        payments: Sequence[Payment],
        as_of: str = EXPORTED,
        *changes: str,
        policies: dict[str, str] | None = None,
    ) -> list[dict]:
        """Build and release; return what the log says, the oldest first."""
        number = len(self.releases) + 1
        place = self.place / f"{number}"
        place.mkdir()
        with closing(open_warehouse(place / "warehouse.duckdb")) as connection:
            connection.executemany(
                "insert into raw.payment_payments (payment_id, contract_id, amount, status,"
                " status_at, is_deleted, source_system, file_name, file_hash, row_number,"
                " export_day) values (?, ?, ?, ?, ?, ?, 'default', ?, ?, ?, ?)",
                list(_raw_rows(payments)),
            )
            connection.execute(
                "insert into raw.files by name select distinct 'payment' as area,"
                " 'payments' as kind, source_system, export_day, file_name, file_hash"
                " from raw.payment_payments"
            )
            connection.execute(MODELS.format(as_of=as_of))
            for change in changes:
                connection.execute(change)
            (place / "parquet").mkdir()
            attach_release(connection, place / "release.duckdb")
            write_marts(connection, place / "parquet")
            connection.execute(RELEASE_TABLES)
            connection.execute(
                "insert into release.main.release by name select ? as release_id,"
                " ?::timestamp as released_at, as_of, known_at from int_clock",
                [f"release {number}", f"2026-03-0{number}"],
            )
            for item in (policies or {}).items():
                connection.execute("insert into release.main.release_policies values (?, ?)", item)
            write_restatements(connection, self.releases[-1] if self.releases else None)
            cursor = connection.execute(
                "from release.main.kpi_restatements"
                " order by restated_at, kpi_id, period_grain, period_start, dimension, member"
            )
            columns = [column[0] for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        self.releases.append(place / "release.duckdb")
        return rows


def _raw_rows(payments: Sequence[Payment]) -> Iterator[tuple]:
    for row, payment in enumerate(payments):
        file_name = f"payments/{payment.exported}.csv"
        content = repr([other for other in payments if other.exported == payment.exported])
        yield (
            *(payment.payment_id, payment.contract_id, payment.amount, payment.status),
            *(payment.day, payment.is_deleted, file_name, content, row, payment.exported),
        )


def month(rows: Sequence[dict], kpi_id: str, member: str = "all") -> dict:
    """The one restatement of January."""
    (row,) = (
        row
        for row in rows
        if (row["kpi_id"], row["period_grain"], row["member"]) == (kpi_id, "month", member)
    )
    assert row["period_start"] == JANUARY
    return row


def counts(row: dict) -> tuple[int, int, int, int]:
    return tuple(
        row[name]
        for name in ("late_row_count", "corrected_row_count", "reversal_row_count", "row_count")
    )
