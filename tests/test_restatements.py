"""The log of restatements has every final value that changed, and no other."""

from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from small_world import EXPORTED, LATE, LATER, PAID, TODAY, Home, Payment, counts, month

from orchestration.comparing import comparison


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


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


def test_what_is_on_the_day_after_changes_nothing_published_as_final(home: Home) -> None:
    home.release(PAID)
    rows = home.release([*PAID, TODAY], LATER)
    assert [row["kpi_id"] for row in rows if row["period_grain"] != "month"] == []
    # a cohort goes on: its KPI said it was mature, and was wrong to
    assert {row["kpi_id"] for row in rows} == {"recovery_rate", "median"}


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
