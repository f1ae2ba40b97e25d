"""Several currencies in one portfolio (R5), from export files to the release."""

from pathlib import Path

import pytest
from quick_runs import Statements, quick_run
from whole_runs import query, write

from orchestration.releases import release_file

# Two debts of one portfolio enter collection on 1 February, when a dollar is worth 5.00; the
# last rate of the euro is of 1 March.
EXPORTS = {
    "billing/contracts/2026-03-31.csv": """
        contract_id,customer_id,portfolio,currency,originated_date
        reais,1,mixed,BRL,2026-01-02
        dollars,2,mixed,usd,2026-01-02
        euros,3,stale,EUR,2026-01-02
        """,
    "billing/instalments/2026-03-31.csv": """
        instalment_id,contract_id,number,due_date,amount
        reais,reais,1,2026-01-31,1000
        dollars,dollars,1,2026-01-31,100
        euros,euros,1,2026-03-02,100
        """,
    "payment/payments/2026-03-31.csv": """
        payment_id,contract_id,amount,currency,status,status_at
        1,reais,500,BRL,cleared,2026-02-10
        2,dollars,40,USD,cleared,2026-02-10
        3,dollars,20,USD,cleared,2026-03-24
        4,euros,10,EUR,cleared,2026-03-08
        5,euros,10,EUR,cleared,2026-03-09
        """,
    "payment/fx_rates/2026-03-31.csv": """
        currency,rate_date,rate
        USD,2026-01-31,5.00
        USD,2026-02-10,5.20
        USD,2026-02-28,5.50
        USD,2026-03-24,6.00
        EUR,2026-01-02,6.00
        EUR,2026-03-01,6.10
        """,
}


pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def release(statements: Statements, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("currencies")
    write(place / "exports", EXPORTS)
    released = quick_run(place / "exports", place / "home", statements)
    assert any("no_rate_of_a_currency_is_missing" in warning for warning in released.warnings)
    return release_file(place / "home")


def figure(release: Path, kpi_id: str, period_start: str, member: str, **where: str) -> tuple:
    """Numerator, denominator, value, currency and what blocks it, for a portfolio."""
    (row,) = query(
        release,
        "select numerator, denominator, value, currency, blocked_by from kpi_values"
        " where kpi_id = ? and period_grain = ? and period_start = ?"
        " and dimension = ? and member = ?",
        kpi_id,
        where.get("grain", "month"),
        period_start,
        where.get("dimension", "portfolio"),
        member,
    )
    return row


def test_a_cohort_keeps_the_rate_of_its_entry(release):
    kpi = "recovery_rate"
    # 500 and 60 dollars of 1,000 and 100 dollars, though the dollars came in at 5.20 and 6.00
    assert figure(release, kpi, "2026-02-01", "mixed")[:2] == (800, 1500)
    native = figure(release, kpi, "2026-02-01", "USD", dimension="currency")
    assert native == (60, 100, 0.6, "USD", None)


def test_cash_is_converted_on_the_day_it_was_paid(release):
    kpi = "cash_collected"
    assert figure(release, kpi, "2026-02-01", "mixed")[0] == 500 + 40 * 5.20
    assert figure(release, kpi, "2026-03-01", "mixed")[0] == 20 * 6
    assert figure(release, kpi, "2026-01-01", "mixed", grain="quarter")[0] == 500 + 208 + 120
    native = figure(release, kpi, "2026-01-01", "USD", dimension="currency", grain="quarter")
    assert native == (60, None, 60, "USD", None)


def test_a_balance_is_converted_on_the_day_it_is_read(release):
    kpi = "delinquent_balance_rate"
    assert figure(release, kpi, "2026-01-01", "mixed")[:2] == (0, 1000 + 100 * 5)
    assert figure(release, kpi, "2026-02-01", "mixed")[:2] == (830, 500 + 60 * 5.5)
    # the rate of the dollar is seven days old: it serves
    at_as_of = (740, 500 + 40 * 6, 1, "BRL", None)
    assert figure(release, kpi, "2026-03-01", "mixed") == at_as_of
    assert figure(release, kpi, "2026-01-01", "mixed", grain="year") == at_as_of


def test_a_stock_is_opened_at_the_rate_of_the_eve_and_cash_on_it_counts_at_its_own(release):
    kpi = "recovery_rate_stock"
    assert figure(release, kpi, "2026-02-01", "mixed")[:2] == (500 + 40 * 5.20, 1000 + 100 * 5)
    assert figure(release, kpi, "2026-03-01", "mixed")[:2] == (20 * 6, 500 + 60 * 5.5)


def test_a_rate_serves_for_seven_days_and_no_figure_is_published_without_one(release):
    kpi = "cash_collected"
    assert figure(release, kpi, "2026-03-08", "stale", grain="day")[0] == 61
    blocked = (None, None, None, "BRL", "no rate of EUR on 2026-03-09")
    for grain, start in (("day", "2026-03-09"), ("month", "2026-03-01"), ("year", "2026-01-01")):
        assert figure(release, kpi, start, "stale", grain=grain) == blocked
        assert figure(release, kpi, start, "all", grain=grain, dimension="all") == blocked
    assert figure(release, kpi, "2026-03-01", "EUR", dimension="currency")[2] == 20
    balance = figure(release, "delinquent_balance_rate", "2026-03-01", "stale")
    assert balance[4] == "no rate of EUR on 2026-03-31"
    # the cohort entered while there was a rate
    assert figure(release, "recovery_rate", "2026-03-01", "stale")[:2] == (20 * 6.1, 100 * 6.1)


def test_cells_add_up_in_the_reporting_currency_only(release):
    cells = query(
        release,
        "select currency, sum(numerator), sum(native_numerator), max(blocked_by) from kpi_cells"
        " where kpi_id = 'cash_collected' group by currency order by currency",
    )
    assert cells == [
        ("BRL", 500, 500, None),
        ("EUR", 61, 20, "no rate of EUR on 2026-03-09"),
        ("USD", 328, 60, None),
    ]
