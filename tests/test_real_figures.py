"""Real exports through `warehouse run --sources`, against figures computed another way."""

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

import pytest
from quick_runs import Statements, quick_run
from whole_runs import query

from orchestration.errors import RefusedError
from orchestration.releases import release_file
from orchestration.warehouse import warehouse_path

SOURCES = Path(__file__).resolve().parents[1] / "sources"
AS_OF = date(2014, 1, 10)
MID_2012 = date(2012, 6, 30)


class Invoice(NamedTuple):
    customer: str
    issued: date
    due: date
    settled: date
    amount: Decimal


def day(month_first: str) -> date:
    return datetime.strptime(month_first, "%m/%d/%Y").date()


@pytest.fixture(scope="module")
def invoices(shared_data: Path) -> list[Invoice]:
    """The rows of the file as Python's csv module reads them."""
    path = shared_data / "ibm_receivables" / "WA_Fn-UseC_-Accounts-Receivable.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Invoice(
                row["customerID"],
                day(row["InvoiceDate"]),
                day(row["DueDate"]),
                day(row["SettledDate"]),
                Decimal(row["InvoiceAmount"]),
            )
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def release(
    statements: Statements, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The release made of the invoices."""
    home = tmp_path_factory.mktemp("invoices")
    exports = shared_data / "ibm_receivables"
    quick_run(exports, home, statements, sources=[SOURCES / "ibm_receivables.yml"])
    return release_file(home)


def sides(release: Path, kpi_id: str) -> tuple[Decimal, Decimal]:
    """Both sides of a KPI over all there is."""
    return query(release, f"select sum(numerator), sum(denominator) from kpi_{kpi_id}")[0]


def test_every_invoice_is_cash_once(release: Path, invoices: list[Invoice]) -> None:
    total = sum(invoice.amount for invoice in invoices)
    assert total == Decimal("147703.18")
    assert query(release, "select sum(amount), count(*) from fct_cash") == [(total, 2466)]


def test_days_to_pay_after_due_are_weighted_by_amount(
    release: Path, invoices: list[Invoice]
) -> None:
    numerator, denominator = sides(release, "days_to_pay_after_due")
    assert round(float(numerator / denominator), 4) == -3.2994
    assert numerator == sum((i.settled - i.due).days * i.amount for i in invoices)


def test_what_was_settled_after_its_due_date_has_been_in_collection(
    release: Path, invoices: list[Invoice]
) -> None:
    late = [invoice for invoice in invoices if invoice.settled > invoice.due]
    assert len(late) == 877
    recovered = sum(invoice.amount for invoice in late)
    assert sides(release, "recovery_rate") == (recovered, recovered)
    # entry is the day after the due date
    days = [(invoice.settled - invoice.due).days - 1 for invoice in late]
    assert sides(release, "time_to_recover") == (sum(days), 877)
    months = Counter((invoice.due + timedelta(1)).replace(day=1) for invoice in late)
    busiest = months.most_common(1)[0][0]
    of_the_month = [
        (invoice.settled - invoice.due).days - 1
        for invoice in late
        if (invoice.due + timedelta(1)).replace(day=1) == busiest
    ]
    # all are settled: the Kaplan-Meier median is the first day with half of them gone
    assert query(
        release,
        "select value from kpi_values where kpi_id = 'time_to_recover_median'"
        " and period_grain = 'month' and period_start = ? and dimension = 'all'",
        busiest,
    ) == [(median_low(of_the_month),)]


@pytest.mark.parametrize("days", [1, 15, 30])
def test_first_payment_default_counts_what_has_reached_the_day(
    release: Path, invoices: list[Invoice], days: int
) -> None:
    reached = [invoice for invoice in invoices if invoice.due + timedelta(days) <= AS_OF]
    unpaid = [invoice for invoice in reached if invoice.settled > invoice.due + timedelta(days)]
    assert sides(release, f"first_payment_default_rate_{days}d") == (len(unpaid), len(reached))


def test_balances_and_ageing_on_a_day_in_mid_2012(release: Path, invoices: list[Invoice]) -> None:
    open_then = [i for i in invoices if i.issued <= MID_2012 < i.settled]
    overdue_then = [i for i in open_then if i.due < MID_2012]
    outstanding = sum(i.amount for i in open_then)
    overdue = sum(i.amount for i in overdue_then)
    assert (outstanding, overdue) == (Decimal("5504.09"), Decimal("909.73"))
    values = dict(
        query(
            release,
            "select kpi_id, (numerator, denominator) from kpi_values where period_grain = 'month'"
            " and period_end = ? and dimension = 'all'",
            MID_2012,
        )
    )
    assert values["delinquent_balance_rate"] == (overdue, outstanding)
    assert values["delinquency_rate"] == (
        len({i.customer for i in overdue_then}),
        len({i.customer for i in open_then}),
    )
    ageing = query(
        release,
        "select ageing_bucket, sum(outstanding_amount) from fct_ageing_balances"
        " where calendar_date = ? group by ageing_bucket order by min(bucket_number)",
        MID_2012,
    )
    assert ageing == [("not_due", outstanding - overdue), ("1-30", overdue)]


def test_calls_land_whole_and_are_not_released_without_debts(
    statements: Statements, shared_data: Path, tmp_path: Path
) -> None:
    exports = shared_data / "call_centre"
    with pytest.raises(RefusedError, match="required_kinds_are_delivered"):
        quick_run(exports, tmp_path, statements, sources=[SOURCES / "call_centre.yml"])
    assert query(
        warehouse_path(tmp_path),
        "select count(*), count(*) filter (where is_contacted), count(distinct agent_id)"
        " from fct_contacts",
    ) == [(5000, 4054, 8)]
