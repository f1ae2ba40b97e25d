"""The worked cases that cross models: from export files to the release."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from quick_runs import Statements, quick_run
from whole_runs import query, write

from orchestration.releases import release_file

# Every case is a portfolio of its own; C17 is a product over three portfolios.
CASES = {
    "billing/customers/2026-03-31.csv": """
        customer_id,merged_into_customer_id
        c24_x,
        c24_y,c24_x
        """,
    "billing/contracts/2026-03-31.csv": """
        contract_id,customer_id,portfolio,product,originated_date,collection_entry_date
        c02,c02,C02,loan,2026-02-01,2026-03-10
        c10_not_due,c10_1,C10,invoice,,
        c10_due_today,c10_2,C10,invoice,,
        c10_1_day,c10_3,C10,invoice,,
        c10_30_days,c10_4,C10,invoice,,
        c10_31_days,c10_5,C10,invoice,,
        c10_60_days,c10_6,C10,invoice,,
        c10_61_days,c10_7,C10,invoice,,
        c10_90_days,c10_8,C10,invoice,,
        c10_91_days,c10_9,C10,invoice,,
        c21,c21,C21,loan,2025-12-01,
        c22,c22,C22,loan,2025-12-01,
        c23,c23,C23,loan,2025-12-01,
        c24_x,c24_x,C24,loan,2025-12-01,
        c24_y,c24_y,C24,loan,2025-12-01,
        """,
    "billing/instalments/2026-03-31.csv": """
        instalment_id,contract_id,number,due_date,amount,issued_date
        c02,c02,1,2026-03-01,1000,
        c10_1,c10_not_due,1,2026-04-15,100,2025-12-01
        c10_2,c10_due_today,1,2026-03-31,100,2025-12-01
        c10_3,c10_1_day,1,2026-03-30,100,2025-12-01
        c10_4,c10_30_days,1,2026-03-01,100,2025-12-01
        c10_5,c10_31_days,1,2026-02-28,100,2025-12-01
        c10_6,c10_60_days,1,2026-01-30,100,2025-12-01
        c10_7,c10_61_days,1,2026-01-29,100,2025-12-01
        c10_8,c10_90_days,1,2025-12-31,100,2025-12-01
        c10_9,c10_91_days,1,2025-12-30,100,2025-12-01
        c21,c21,1,2026-01-01,1000,
        c22,c22,1,2026-01-01,100,
        c23_1,c23,1,2026-01-01,100,
        c23_2,c23,2,2026-02-01,100,
        c24_x,c24_x,1,2026-01-01,100,
        c24_y,c24_y,1,2026-01-01,100,
        """,
    "billing/adjustments/2026-03-31.csv": """
        adjustment_id,contract_id,kind,amount,adjusted_date
        c21,c21,waiver,400,2026-02-01
        """,
    "contact/contacts/2026-03-31.csv": """
        contact_id,customer_id,channel,direction,started_at,outcome,party
        c24_x,c24_x,voice,outbound,2026-01-10 10:00:00,connected,right
        c24_y,c24_y,voice,outbound,2026-01-11 10:00:00,connected,right
        """,
    "payment/payments/2026-03-31.csv": """
        payment_id,contract_id,amount,status,status_at
        c02_1,c02,200,cleared,2026-03-05 10:00:00
        c02_2,c02,300,cleared,2026-03-12 10:00:00
        c21,c21,600,cleared,2026-02-05 10:00:00
        D,c22,100,pending,2026-01-10 10:00:00
        D,c22,100,cleared,2026-01-11 10:00:00
        D,c22,100,reversed,2026-01-12 10:00:00
        c23,c23,150,cleared,2026-02-10 10:00:00
        c24,c24_x,50,cleared,2026-01-15 10:00:00
        """,
}


def c17_contracts() -> dict[str, str]:
    """1 of 2 and 30 of 100 first instalments unpaid 30 days after due; 5 not yet due."""
    contracts, instalments, payments = [], [], []
    for portfolio, count, unpaid, due in (
        ("C17a", 2, 1, "2026-01-10"),
        ("C17b", 100, 30, "2026-01-10"),
        ("C17c", 5, 5, "2026-03-20"),
    ):
        for number in range(count):
            key = f"{portfolio}_{number}"
            contracts.append(f"{key},{key},{portfolio},C17,2026-01-02")
            instalments.append(f"{key},{key},1,{due},100")
            if number >= unpaid:
                payments.append(f"{key},{key},100,cleared,2026-01-09")
    return {
        "billing/contracts/2026-03-31_c17.csv": "\n".join(
            ["contract_id,customer_id,portfolio,product,originated_date", *contracts]
        ),
        "billing/instalments/2026-03-31_c17.csv": "\n".join(
            ["instalment_id,contract_id,number,due_date,amount", *instalments]
        ),
        "payment/payments/2026-03-31_c17.csv": "\n".join(
            ["payment_id,contract_id,amount,status,status_at", *payments]
        ),
    }


def r5_debts_in_dollars() -> dict[str, str]:
    """1,000 dollars due on 1 March, half of it paid in reais on 10 March.

    The debt entered collection when a dollar was worth 5 reais; the payment came at 5.50,
    and the month closed at 6. Of a debt in a currency nobody rates the other 100 reais are
    left unapplied.
    """
    return {
        "billing/contracts/2026-03-31_r5.csv": """
            contract_id,customer_id,portfolio,currency,originated_date
            r5,r5,R5,USD,2026-01-01
            r5_unrated,r5_unrated,R5_UNRATED,CHF,2026-01-01
            """,
        "billing/instalments/2026-03-31_r5.csv": """
            instalment_id,contract_id,due_date,amount
            r5,r5,2026-03-01,1000
            r5_unrated,r5_unrated,2026-03-01,1000
            """,
        "payment/payments/2026-03-31_r5.csv": """
            payment_id,contract_id,amount,currency,status,status_at
            r5,r5,2750,BRL,cleared,2026-03-10 10:00:00
            r5_unrated,r5_unrated,100,BRL,cleared,2026-03-10 10:00:00
            """,
        "payment/fx_rates/2026-03-31.csv": """
            currency,rate_date,rate
            USD,2026-03-02,5
            USD,2026-03-10,5.5
            USD,2026-03-30,6
            """,
    }


def c15_surveys() -> dict[str, str]:
    """50 promoters and 30 passives asked about messages, 20 detractors about calls."""
    scores = [9, 10] * 25 + [7, 8] * 15 + [0, 3, 5, 6] * 5
    rows = [
        f"{number},c15_{number},nps,{score},2026-03-02,{'sms' if score > 6 else 'voice'}"
        for number, score in enumerate(scores)
    ]
    header = "response_id,customer_id,kind,score,responded_at,channel"
    return {"contact/surveys/2026-03-31.csv": "\n".join([header, *rows])}


def customers_named_in(files: dict[str, str]) -> dict[str, str]:
    """A row for every customer another file names, but those that are merged."""
    named = {
        row["customer_id"]
        for text in files.values()
        for row in csv.DictReader(line.strip() for line in text.strip().splitlines())
        if row.get("customer_id") and "merged_into_customer_id" not in row
    } - {"c24_x", "c24_y"}
    return {"billing/customers/2026-03-31_named.csv": "\n".join(["customer_id", *sorted(named)])}


@pytest.fixture(scope="module")
def cases(statements: Statements, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of all cases that share a day: 31 March 2026."""
    place = tmp_path_factory.mktemp("cases")
    files = CASES | c15_surveys() | c17_contracts() | r5_debts_in_dollars()
    write(place / "exports", files | customers_named_in(files))
    quick_run(place / "exports", place / "home", statements)
    return release_file(place / "home")


def value(release: Path, kpi_id: str, month: str, member: str, **where: str) -> tuple:
    """Numerator, denominator and value of a KPI in a month, for one portfolio."""
    rows = query(
        release,
        "select numerator, denominator, value from kpi_values"
        " where kpi_id = ? and period_grain = ? and period_start = ?"
        " and dimension = ? and member = ?",
        kpi_id,
        where.get("grain", "month"),
        month,
        where.get("dimension", "portfolio"),
        member,
    )
    assert len(rows) == 1, rows
    return rows[0]


def test_c02_cash_before_entry_lowers_the_exposure_and_is_not_recovery(cases: Path) -> None:
    assert value(cases, "recovery_rate", "2026-03-01", "C02") == (300, 800, 0.375)


def test_c10_due_today_is_not_overdue_and_every_balance_is_in_one_bucket(cases: Path) -> None:
    buckets = query(
        cases,
        "select ageing_bucket, sum(outstanding_amount) from fct_ageing_balances"
        " where portfolio = 'C10' and calendar_date = '2026-03-31'"
        " group by ageing_bucket, bucket_number order by bucket_number",
    )
    assert buckets == [
        ("not_due", 200),
        ("1-30", 200),
        ("31-60", 200),
        ("61-90", 200),
        ("91-120", 100),
    ]
    assert value(cases, "delinquent_balance_rate", "2026-03-01", "C10")[:2] == (700, 900)


def test_c15_promoters_less_detractors_make_the_score_and_few_answers_are_flagged(
    cases: Path,
) -> None:
    kpi = "net_promoter_score"
    assert value(cases, kpi, "2026-03-01", "all", dimension="all") == (30, 100, 30)
    assert value(cases, kpi, "2026-03-01", "voice", dimension="channel") == (-20, 20, -100)
    flagged = query(
        cases,
        "select member, is_small_sample from kpi_values where kpi_id = ?"
        " and period_grain = 'month' and dimension in ('all', 'channel') order by member",
        kpi,
    )
    assert flagged == [("all", False), ("sms", False), ("voice", True)]


def test_r20_a_kpi_whose_exports_never_came_waits_for_them_and_has_no_value(
    cases: Path,
) -> None:
    waiting = dict(query(cases, "select kpi_id, waits_for from kpi_catalog where not is_available"))
    portal = "payment.portal_sessions"
    expected = {
        "self_service_plan_share": "billing.agreements",
        "payment_attempt_failure_rate": portal,
        "payment_abandonment_rate": portal,
        "stuck_payers": portal,
        "portal_error_rate": portal,
        "debt_reason_mix": "contact.reasons",
        "debt_reason_coverage": "contact.reasons",
        "case_completeness": "billing.agreements, contact.contact_points",
    }
    assert expected.items() <= waiting.items()
    valued = query(cases, "select distinct kpi_id from kpi_values")
    assert not expected.keys() & {kpi_id for (kpi_id,) in valued}
    assert {"net_promoter_score", "payment_channel_mix", "self_service_share"} <= {
        kpi_id for (kpi_id,) in valued
    }


def test_c17_a_total_is_made_of_sums_and_a_slice_without_denominator_has_no_value(
    cases: Path,
) -> None:
    kpi = "first_payment_default_rate_30d"
    assert value(cases, kpi, "2026-01-01", "C17a") == (1, 2, 0.5)
    assert value(cases, kpi, "2026-01-01", "C17b") == (30, 100, 0.3)
    assert value(cases, kpi, "2026-01-01", "C17c") == (0, 0, None)
    total = value(cases, kpi, "2026-01-01", "C17", dimension="product")
    assert total == (31, 102, pytest.approx(31 / 102, abs=1e-12))


def test_c21_a_waiver_lowers_the_debt_and_is_not_recovered(cases: Path) -> None:
    assert value(cases, "recovery_rate", "2026-01-01", "C21") == (600, 1000, 0.6)
    assert value(cases, "recovery_rate_by_count", "2026-01-01", "C21")[0] == 0
    assert value(cases, "recovery_rate_by_count_haircut", "2026-01-01", "C21")[0] == 1
    status = query(
        cases,
        "select debt_status from fct_debt_periods"
        " where contract_id = 'c21'"
        " and date '2026-02-05' between valid_from_date and valid_to_date",
    )
    assert status == [("settled",)]


def test_c22_a_payment_cleared_and_reversed_is_one_payment_and_no_cash(cases: Path) -> None:
    assert value(cases, "cash_collected", "2026-01-01", "C22")[0] == 0
    payments = query(
        cases,
        "select count(distinct payment_id), sum(amount), sum(restated_amount) from fct_cash"
        " where payment_id = 'D'",
    )
    assert payments == [(1, 0, 0)]


def test_c23_cash_covers_the_oldest_instalment_first(cases: Path) -> None:
    overdue = value(cases, "delinquent_balance_rate", "2026-02-15", "C23", grain="day")
    assert overdue[0] == Decimal(50)
    days_past_due = query(
        cases,
        "select date '2026-02-15' - oldest_unpaid_due_date from fct_debt_periods"
        " where contract_id = 'c23'"
        " and date '2026-02-15' between valid_from_date and valid_to_date",
    )
    assert days_past_due == [(14,)]


def test_c24_merged_customers_convert_as_one(cases: Path) -> None:
    assert value(cases, "conversion_rate", "2026-01-01", "C24") == (1, 1, 1.0)


def test_r5_a_debt_in_dollars_paid_in_reais_recovers_at_the_rate_of_its_entry(
    cases: Path,
) -> None:
    assert query(
        cases,
        "select amount, currency, debt_amount, debt_currency from fct_allocations"
        " where contract_id = 'r5'",
    ) == [(Decimal(2750), "BRL", Decimal(500), "USD")]
    assert value(cases, "recovery_rate", "2026-03-01", "R5") == (2500, 5000, 0.5)
    assert value(cases, "delinquent_balance_rate", "2026-03-01", "R5") == (3000, 3000, 1)
    assert value(cases, "cash_collected", "2026-03-01", "R5")[0] == 2750


def test_r5_cash_that_cannot_be_told_in_the_currency_of_its_debt_is_left_unapplied(
    cases: Path,
) -> None:
    assert query(
        cases,
        "select contract_id, allocation_basis, amount, currency from fct_allocations"
        " where payment_id = 'r5_unrated'",
    ) == [(None, "no_rate", Decimal(100), "BRL")]
    assert query(
        cases,
        "select outstanding_amount, currency from fct_debt_periods"
        " where contract_id = 'r5_unrated' and valid_to_date = '2026-03-31'",
    ) == [(Decimal(1000), "CHF")]
    assert value(cases, "recovery_rate", "2026-03-01", "R5_UNRATED")[2] is None
