"""The log of restatements: on releases of a small world, and on whole runs of the daily job."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest
from whole_runs import query, released

from orchestration import comparison
from orchestration.policy_use import policies_of
from orchestration.publication import RELEASE_TABLES
from orchestration.release_files import attach_release, write_marts
from orchestration.releases import release_file
from orchestration.restatements import write_restatements
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


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


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


def test_a_late_row_restates_every_value_it_counts_in_and_no_other(home: Home) -> None:
    assert home.release(PAID) == []
    rows = home.release([*PAID, LATE, TODAY], LATER)
    cash = month(rows, "cash_collected")
    assert (cash["old_value"], cash["new_value"], cash["change"]) == (1070, 1220, 150)
    assert (cash["cause"], cash["detail"]) == ("late_row", "1 late payment.payments")
    assert counts(cash) == (1, 0, 0, 1)
    assert (cash["old_release_id"], cash["new_release_id"]) == ("release 1", "release 2")
    assert (cash["old_numerator"], cash["new_numerator"]) == (1070, 1220)
    where = {(row["period_grain"], row["dimension"], row["member"]) for row in rows}
    assert {member for *_, member in where} == {"all", "retail"}
    # the cash of 29 January, what was owed on the days since, the median of what it is of
    days = {
        (row["kpi_id"], str(row["period_start"])[-2:])
        for row in rows
        if row["period_grain"] == "day" and row["member"] == "retail"
    }
    assert days == {("cash_collected", "29")} | {("balance", day) for day in ("29", "30", "31")}


def test_a_payment_of_today_is_not_behind_what_a_late_one_changed(home: Home) -> None:
    home.release(PAID)
    rows = home.release([*PAID, LATE, TODAY], LATER)
    # by the debt both are at hand; only the one of January changes what it owed then
    assert counts(month(rows, "balance")) == (1, 0, 0, 1)


def test_what_is_on_the_day_after_changes_nothing_published_as_final(home: Home) -> None:
    home.release(PAID)
    rows = home.release([*PAID, TODAY], LATER)
    assert [row["kpi_id"] for row in rows if row["period_grain"] != "month"] == []
    # a cohort goes on: its KPI said it was mature, and was wrong to
    assert {row["kpi_id"] for row in rows} == {"recovery_rate", "median"}


def test_a_corrected_row_is_told_from_a_late_one(home: Home) -> None:
    home.release(PAID)
    corrected = Payment("P2", "2026-01-20", "450", exported=LATER)
    cash = month(home.release([*PAID, corrected], LATER), "cash_collected")
    assert (cash["cause"], cash["change"]) == ("corrected_row", 50)
    assert (counts(cash), cash["detail"]) == ((0, 1, 0, 1), "1 corrected payment.payments")


def test_a_row_delivered_again_as_it_was_is_behind_nothing(home: Home) -> None:
    home.release(PAID)
    again = [Payment(one.payment_id, one.day, one.amount, exported=LATER) for one in PAID[:2]]
    cash = month(home.release([*PAID, *again, LATE], LATER), "balance")
    assert (cash["cause"], counts(cash)) == ("late_row", (1, 0, 0, 1))


def test_a_withdrawn_row_counts_as_corrected(home: Home) -> None:
    home.release(PAID)
    withdrawn = Payment("P2", "2026-01-20", "400", exported=LATER, is_deleted="true")
    cash = month(home.release([*PAID, withdrawn], LATER), "cash_collected")
    assert (cash["cause"], cash["change"], counts(cash)) == ("corrected_row", -400, (0, 1, 0, 1))


def test_a_row_gone_from_a_replaced_file_counts_as_corrected(home: Home) -> None:
    home.release(PAID)
    rows = home.release(PAID[::2], LATER)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["change"], counts(cash)) == ("corrected_row", -400, (0, 1, 0, 1))


def test_a_reversal_restates_the_cohort_and_not_the_cash_of_its_month(home: Home) -> None:
    home.release(PAID)
    reversal = Payment("P2", "2026-02-01", "400", "reversed", exported=LATER)
    rows = home.release([*PAID, reversal], LATER)
    rate = month(rows, "recovery_rate")
    assert (rate["cause"], counts(rate)) == ("reversal", (0, 0, 1, 1))
    assert rate["new_value"] - rate["old_value"] == pytest.approx(-0.2)
    assert "cash_collected" not in {row["kpi_id"] for row in rows}


def test_a_reversal_after_the_period_is_behind_what_it_undid_and_nothing_else_did(
    home: Home,
) -> None:
    home.release(PAID)
    reversal = Payment("P2", "2026-02-01", "400", "reversed", exported=LATER)
    undone = (
        "delete from kpi_cash_collected where unit_id = 'P2:1'",
        "update kpi_values set numerator = numerator - 400, value = value - 400"
        " where kpi_id = 'cash_collected' and period_start = '2026-01-01' and member != 'cards'",
    )
    rows = home.release([*PAID, reversal, LATE], LATER, *undone)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], counts(cash)) == ("reversal", (1, 0, 1, 2))
    # what the debt owed in January the late payment changed, and not the reversal of February
    assert counts(month(rows, "balance")) == (1, 0, 0, 1)


def test_several_causes_are_counted_and_the_first_in_order_is_named(home: Home) -> None:
    home.release(PAID)
    corrected = Payment("P1", "2026-01-10", "610", exported=LATER)
    cash = month(home.release([*PAID, corrected, LATE], LATER), "cash_collected")
    assert (cash["cause"], cash["change"], counts(cash)) == ("corrected_row", 160, (1, 1, 0, 2))


def test_a_new_version_is_the_cause_whatever_arrived(home: Home) -> None:
    home.release(PAID)
    versions = "update kpi_catalog set version = 2 where kpi_id = 'cash_collected'"
    rows = home.release([*PAID, LATE], LATER, versions)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["detail"]) == ("definition", "version 1 became 2")
    assert month(rows, "balance")["cause"] == "late_row"


def test_a_definition_that_changed_without_its_version_is_found_out(home: Home) -> None:
    home.release(PAID)
    edited = "update kpi_cash_collected set numerator = numerator * 2"
    values = "update kpi_values set numerator = numerator * 2, value = value * 2 where kpi_id = "
    rows = home.release([*PAID, TODAY], LATER, edited, values + "'cash_collected'")
    cash = month(rows, "cash_collected")
    assert (cash["cause"], counts(cash)) == ("unexplained", (0, 0, 0, 0))
    assert "changed without its version" in cash["detail"]


def test_a_policy_is_the_cause_where_the_kpi_depends_on_it(home: Home) -> None:
    home.release(PAID, policies={"collection_entry_dpd": "1", "survey_repeat_days": "30"})
    rows = home.release(
        [*PAID, LATE], LATER, policies={"collection_entry_dpd": "5", "survey_repeat_days": "60"}
    )
    rate = month(rows, "recovery_rate")
    assert (rate["cause"], rate["detail"]) == ("policy", "collection_entry_dpd: 1 became 5")
    assert month(rows, "cash_collected")["cause"] == "late_row"


def test_policies_are_found_in_the_models_and_macros_a_kpi_is_built_from() -> None:
    assert "survey_repeat_days" in policies_of("net_promoter_score")
    assert "age_band_limits" in policies_of("net_promoter_score")  # named in a macro
    assert "promise_grace_days" in policies_of("promises_kept_rate")  # in another model
    assert "promise_grace_days" not in policies_of("net_promoter_score")


def test_a_value_that_appears_is_logged_where_its_kpi_was_published(home: Home) -> None:
    home.release(PAID[:2])
    late = Payment("P3", "2026-01-20", "70", contract_id="C2", exported=LATER)
    cash = month(home.release([*PAID[:2], late], LATER), "cash_collected", "cards")
    assert (cash["old_value"], cash["new_value"], cash["change"]) == (None, 70, None)
    assert (cash["cause"], counts(cash)) == ("late_row", (1, 0, 0, 1))


def test_a_value_that_vanishes_is_logged(home: Home) -> None:
    home.release(PAID)
    withdrawn = Payment("P3", "2026-01-20", "70", "cleared", "C2", LATER, is_deleted="true")
    cash = month(home.release([*PAID, withdrawn], LATER), "cash_collected", "cards")
    assert (cash["old_value"], cash["new_value"], cash["change"]) == (70, None, None)
    assert (cash["cause"], counts(cash)) == ("corrected_row", (0, 1, 0, 1))


@pytest.mark.parametrize("table", ["kpi_values", "kpi_catalog"])
def test_a_kpi_or_a_dimension_not_published_before_is_new_and_not_restated(
    home: Home, table: str
) -> None:
    new = {
        "kpi_values": "delete from kpi_values where dimension != 'all'",
        "kpi_catalog": "delete from kpi_values where kpi_id != 'balance'",
    }
    home.release(PAID, EXPORTED, new[table])
    assert home.release(PAID, LATER) == []


def test_days_that_leave_the_published_ones_are_not_gone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "policy", lambda name: 3)
    home.release(PAID)
    left = "delete from kpi_values where period_grain = 'day' and period_start <= '2026-01-30'"
    assert home.release(PAID, LATER, left) == []
    # and a day that is within them is
    gone = home.release(PAID, LATER, left.replace("01-30", "01-31"))
    assert {(row["period_start"].day, row["new_value"]) for row in gone} == {(31, None)}


def test_what_was_not_mature_was_published_as_still_moving(home: Home) -> None:
    home.release(PAID, EXPORTED, "update kpi_values set is_mature = false")
    corrected = Payment("P2", "2026-01-20", "450", exported=LATER)
    assert home.release([*PAID, corrected], LATER) == []


@pytest.mark.parametrize(("matures_on", "is_restated"), [("2026-02-01", 0), ("2026-01-31", 1)])
def test_what_appears_because_its_cases_matured_restates_nothing(
    home: Home, matures_on: str, is_restated: int
) -> None:
    unpublished = (
        "delete from kpi_recovery_rate where unit_id = 'C2'",
        "delete from kpi_values where kpi_id = 'recovery_rate' and member = 'cards'",
    )
    matured = (
        "alter table kpi_recovery_rate add column matures_on date",
        f"update kpi_recovery_rate set matures_on = '{matures_on}'",
    )
    home.release(PAID, EXPORTED, *unpublished)
    assert len(home.release(PAID, LATER, *matured)) == is_restated


def test_a_release_known_at_an_earlier_day_says_so(home: Home) -> None:
    home.release([*PAID, LATE], LATER)
    rows = home.release([*PAID, LATE], EXPORTED)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["change"]) == ("earlier_clock", -150)
    assert "2026-01-31" in cash["detail"]
    assert "2026-02-02" in cash["detail"]


def test_a_rate_delivered_late_is_behind_what_is_converted_by_it(home: Home) -> None:
    rates = "insert into dim_fx_rates select 'USD' as currency, {} as rate_date, {} as rate"
    old = rates.format("date '2026-01-20'", "5.0")
    home.release(PAID, EXPORTED, old)
    converted = (
        "update kpi_values set numerator = numerator + 10, value = value + 10"
        " where kpi_id = 'cash_collected' and period_start <= '2026-01-20'"
    )
    late_rate = (
        "insert into raw.payment_fx_rates (currency, rate_date, rate, source_system, file_name,"
        " file_hash, export_day) values ('usd', '2026-01-20', '6', 'default', 'rates', 'h',"
        f" '{LATER}')",
        "insert into raw.files (area, kind, source_system, export_day, file_name, file_hash)"
        f" values ('payment', 'fx_rates', 'default', '{LATER}', 'rates', 'h')",
    )
    rows = home.release(PAID, LATER, old.replace("5.0", "6.0"), converted, *late_rate)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["detail"]) == ("late_row", "1 late payment.fx_rates")


def test_a_statistic_says_that_it_is_not_followed_to_its_rows(home: Home) -> None:
    home.release(PAID)
    median = month(home.release([*PAID, LATE, TODAY], LATER), "median")
    assert (median["cause"], counts(median)) == ("late_row", (1, 0, 0, 1))
    assert median["detail"].startswith("A statistic has no rows to follow.")


def test_the_log_is_carried_over_and_nothing_is_logged_twice(home: Home) -> None:
    home.release(PAID)
    first = home.release([*PAID, LATE], LATER)
    assert first
    assert home.release([*PAID, LATE], LATER) == first
    later = Payment("P11", "2026-01-30", "7", exported="2026-02-03")
    chain = home.release([*PAID, LATE, later], "2026-02-03")
    assert chain[: len(first)] == first
    changes = [
        (row["old_release_id"], row["new_release_id"], row["change"])
        for row in chain
        if (row["kpi_id"], row["period_grain"], row["member"]) == ("cash_collected", "month", "all")
    ]
    assert changes == [("release 1", "release 2", 150), ("release 3", "release 4", 7)]


def test_noise_in_the_last_digit_of_a_double_restates_nothing(home: Home) -> None:
    home.release(PAID)
    assert home.release(PAID, EXPORTED, "update kpi_values set value = value * (1 + 1e-15)") == []
    assert home.release(PAID, EXPORTED, "update kpi_values set value = value * (1 + 1e-9)")


def test_sides_that_change_where_their_ratio_does_not_are_restated(home: Home) -> None:
    home.release(PAID)
    doubled = "update kpi_values set numerator = numerator * 2, denominator = denominator * 2"
    rows = home.release(PAID, EXPORTED, doubled)
    rate = month(rows, "recovery_rate")
    assert (rate["change"], rate["new_denominator"]) == (0, 2 * rate["old_denominator"])


def test_a_home_whose_releases_have_no_log_yet_begins_one(home: Home) -> None:
    home.release(PAID)
    with closing(duckdb.connect(home.releases[0])) as connection:
        connection.execute("drop table kpi_restatements")
    assert home.release([*PAID, LATE], LATER) == []
    assert home.release([*PAID, LATE, TODAY], "2026-02-03") != []


@pytest.mark.soak
def test_every_value_the_sample_restates_has_a_cause(sample_exports: Path, tmp_path: Path) -> None:
    released(sample_exports, tmp_path, "--to", "2026-05-12")
    released(sample_exports, tmp_path)
    causes = dict(
        query(release_file(tmp_path), "select cause, count(*) from kpi_restatements group by cause")
    )
    assert set(causes) == {"late_row", "corrected_row", "reversal"}
    assert sum(causes.values()) > 1000
