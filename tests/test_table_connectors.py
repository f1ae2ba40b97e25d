"""The connectors for tables of Stripe and QuickBooks, on real ones and on a small world."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
from loading import load_all, rows
from quick_runs import Statements, quick_run
from whole_runs import query

from orchestration.errors import RefusedError
from orchestration.ingestion.filling import LoadedFile
from orchestration.ingestion.sources import load_source
from orchestration.releases import release_file

SOURCES = Path(__file__).resolve().parents[1] / "sources"
DAY = "2026-02-02"
LEFT_OUT = {
    "stripe": {"balance_transaction", "invoice_line_item", "payment_intent"},
    "quickbooks": {"deposit", "invoice_line", "invoice_linked_txn"},
}
Counts = dict[tuple[str, str], tuple[int, int, int]]


def laid_out(shared_data: Path, system: str, exports: Path) -> Path:
    """Copy the real tables of a system to where its connector looks for them."""
    for path in (shared_data / system).glob("*_data.csv"):
        table = path.name.removesuffix("_data.csv")
        if table not in LEFT_OUT[system]:
            place = exports / system / table
            place.mkdir(parents=True)
            shutil.copyfile(path, place / f"{DAY}.csv")
    return exports


def table(shared_data: Path, system: str, name: str) -> list[dict[str, str]]:
    with (shared_data / system / f"{name}_data.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counts(loaded: list[LoadedFile]) -> Counts:
    """Rows loaded, rejected and left out, by table and kind."""
    return {
        (file.file_name.split("/")[1], file.kind): (
            file.rows_loaded,
            file.rows_rejected,
            file.rows_left_out,
        )
        for file in loaded
    }


def test_real_tables_of_stripe_end_in_their_totals(
    warehouse: duckdb.DuckDBPyConnection, shared_data: Path, tmp_path: Path
) -> None:
    exports = laid_out(shared_data, "stripe", tmp_path / "exports")
    loaded = load_all(warehouse, exports, [load_source(SOURCES / "stripe.yml")])
    assert counts(loaded) == {
        ("customer", "customers"): (12, 0, 0),
        # one of the two is a test
        ("invoice", "contracts"): (1, 0, 1),
        ("invoice", "instalments"): (1, 0, 1),
        ("charge", "payments"): (16, 0, 0),
        ("refund", "payments"): (4, 0, 0),
        # one is an inquiry
        ("dispute", "payments"): (11, 0, 1),
    }

    def total(name: str, *statuses: str) -> Decimal:
        return sum(
            Decimal(row["amount"]) / 100
            for row in table(shared_data, "stripe", name)
            if row["status"] in statuses
        )

    assert rows(
        warehouse,
        "select status, is_deleted, sum(amount::decimal(18, 2)) from raw.payment_payments"
        " group by all order by all",
    ) == [
        ("charged_back", "false", total("dispute", "lost", "under_review")),
        ("charged_back", "true", total("dispute", "won")),
        ("failed", None, total("charge", "failed")),
        ("refunded", "false", total("refund", "succeeded")),
    ]
    assert rows(
        warehouse,
        "select contract_id, principal_amount::decimal(18, 2), currency, originated_date, due_date,"
        " is_deleted from raw.billing_contracts inner join raw.billing_instalments"
        " using (contract_id, is_deleted)",
    ) == [("ab1111", Decimal("10.00"), "usd", "2021-02-19", "2021-02-19", "false")]
    # in UTC, and withdrawn where it is
    assert rows(
        warehouse, "select updated_at, is_deleted from raw.billing_customers order by all limit 1"
    ) == [("2021-01-24 20:21:16+00", "FALSE")]
    assert rows(
        warehouse, "select customer_id from raw.billing_customers where is_deleted::boolean"
    ) == [("cus_IuKuZJLG9mNRn2",)]


def test_real_tables_of_quickbooks_end_in_their_totals(
    warehouse: duckdb.DuckDBPyConnection, shared_data: Path, tmp_path: Path
) -> None:
    exports = laid_out(shared_data, "quickbooks", tmp_path / "exports")
    loaded = load_all(warehouse, exports, [load_source(SOURCES / "quickbooks.yml")])
    assert counts(loaded) == {
        ("customer", "customers"): (5, 0, 0),
        ("invoice", "contracts"): (16, 0, 0),
        ("invoice", "instalments"): (16, 0, 0),
        ("invoice", "payments"): (0, 0, 16),
        ("credit_memo", "contracts"): (12, 0, 0),
        ("credit_memo", "adjustments"): (12, 0, 0),
        ("payment", "payments"): (12, 0, 0),
        ("payment_line", "allocations"): (12, 0, 0),
        # two are deleted, and two have neither amount nor day
        ("refund_receipt", "payments"): (0, 2, 2),
    }
    assert set(rows(warehouse, "select kind, reason from raw.rejected_rows")) == {
        ("payments", "amount is required and empty")
    }

    def total(name: str, column: str) -> Decimal:
        return sum(
            Decimal(row[column])
            for row in table(shared_data, "quickbooks", name)
            if row.get("_fivetran_deleted") != "TRUE"
        )

    for raw_table, name, column in (
        ("billing_instalments", "invoice", "total_amount"),
        ("billing_adjustments", "credit_memo", "total_amount"),
        ("payment_payments", "payment", "total_amount"),
        ("payment_allocations", "payment_line", "amount"),
    ):
        assert rows(
            warehouse,
            f"select sum(amount::decimal(18, 2)) from raw.{raw_table}"
            " where not coalesce(is_deleted::boolean, false)",
        ) == [(total(name, column),)]
    assert rows(
        warehouse,
        "select count(*), min(contract_id), min(updated_at) from raw.billing_contracts"
        " where is_deleted = 'TRUE'",
    ) == [(11, "qb-21779", "2020-01-30 17:00:35+00")]
    # hours of one digit, in UTC
    assert rows(
        warehouse, "select updated_at from raw.billing_customers where customer_id = 'qb-10'"
    ) == [("2020-06-23 03:58:55+00",)]


STRIPE = {
    "customer": """
        id,_fivetran_synced,is_deleted
        cus_1,2024-03-01 0:10:00,FALSE
        """,
    "invoice": """
        id,_fivetran_synced,customer_id,currency,total,status,livemode,is_deleted,due_date,period_end
        in_1,2024-03-01 1:00:00,cus_1,brl,10000,paid,TRUE,,2024-02-11 02:00:00,2024-01-11 12:00:00
        in_2,2024-03-01 1:00:00,cus_1,brl,2500,open,TRUE,,,2024-02-01 01:00:00
        in_3,2024-03-01 1:00:00,cus_1,brl,700,void,TRUE,,,2024-02-01 01:00:00
        in_4,2024-03-01 1:00:00,cus_1,brl,800,draft,TRUE,,,2024-02-01 01:00:00
        """,
    "credit_note": """
        id,_fivetran_synced,invoice_id,amount,currency,created,status
        cn_1,2024-03-01 1:00:00,in_2,500,brl,2024-02-05 12:00:00,issued
        cn_2,2024-03-01 1:00:00,in_2,600,brl,2024-02-05 12:00:00,void
        """,
    "charge": """
        id,amount,currency,created,customer_id,invoice_id,status,captured,livemode
        ch_1,10000,brl,2024-02-01 2:30+00:00,cus_1,in_1,succeeded,TRUE,TRUE
        ch_2,2500,brl,2024-02-02 12:00:00,cus_1,in_2,failed,FALSE,TRUE
        ch_3,2000,brl,2024-02-03 12:00:00,cus_1,in_2,succeeded,TRUE,TRUE
        ch_4,2000,brl,2024-02-03 12:00:00,cus_1,in_2,succeeded,FALSE,TRUE
        ch_5,9999,brl,2024-02-03 12:00:00,cus_1,in_2,succeeded,TRUE,FALSE
        """,
    "refund": """
        id,amount,currency,created,charge_id,status
        re_1,1500,brl,2024-02-20 12:00:00,ch_1,succeeded
        re_2,1600,brl,2024-02-20 12:00:00,ch_1,failed
        """,
}
DISPUTE = """
    id,amount,currency,created,charge_id,status,livemode
    du_1,2000,brl,2024-02-21 12:00:00,ch_3,under_review,TRUE
    """
QUICKBOOKS = {
    "customer": """
        id,_fivetran_synced,_fivetran_deleted
        1,2024-03-01 3:58:55,FALSE
        """,
    "invoice": """
        id,_fivetran_deleted,_fivetran_synced,customer_id,currency_id,transaction_date,due_date,total_amount,deposit
        10,FALSE,2024-03-01 3:58:55,1,BRL,2024-01-10,2024-01-31,300.50,100
        11,TRUE,2024-03-01 3:58:55,,BRL,,,,
        """,
    "payment": """
        id,_fivetran_deleted,customer_id,total_amount,currency_id,transaction_date
        20,FALSE,1,150.25,BRL,2024-02-10
        21,TRUE,,,BRL,
        22,FALSE,1,5.00,BRL,2024-02-13
        23,FALSE,1,6.00,BRL,2024-02-14
        """,
    "payment_line": """
        payment_id,amount,invoice_id
        20,150.25,10
        20,5,
        """,
    "refund_receipt": """
        id,_fivetran_deleted,customer_id,total_amount,currency_id,transaction_date
        30,FALSE,1,20.00,BRL,2024-02-12
        """,
    "credit_memo": """
        id,_fivetran_deleted,_fivetran_synced,customer_id,currency_id,transaction_date,total_amount
        40,FALSE,2024-03-01 3:58:55,1,BRL,2024-02-12,12.00
        """,
}


def written(day: str, tables: dict[str, str]) -> dict[str, str]:
    return {f"{name}/{day}.csv": dedent(text).strip() + "\n" for name, text in tables.items()}


def test_what_stripe_does_not_say_is_rejected_and_not_guessed(
    warehouse: duckdb.DuckDBPyConnection, write_exports: Callable[[dict[str, str]], Path]
) -> None:
    """A currency nobody knows, a status there was none of, a refund that failed, a draft."""
    odd = {
        "stripe/invoice": STRIPE["invoice"].rstrip(" ")
        + "        in_5,2024-03-01 1:00:00,cus_1,xxx,800,open,TRUE,,,2024-02-01 01:00:00\n",
        "stripe/charge": STRIPE["charge"].rstrip(" ")
        + "        ch_6,9999,brl,2024-02-03 12:00:00,cus_1,in_2,strange,TRUE,TRUE\n"
        + "        ch_7,9999,brl,2024-02-03 12:00:00,cus_1,in_2,succeeded,TRUE,perhaps\n",
        "stripe/refund": STRIPE["refund"],
        "stripe/dispute": DISPUTE.replace("under_review", "unheard_of"),
    }
    exports = write_exports(written("2024-03-01", odd))
    loaded = load_all(warehouse, exports, [load_source(SOURCES / "stripe.yml")])
    assert counts(loaded) == {
        ("invoice", "contracts"): (4, 0, 1),
        ("invoice", "instalments"): (3, 1, 1),
        ("charge", "payments"): (4, 2, 1),
        ("refund", "payments"): (2, 0, 0),
        ("dispute", "payments"): (0, 1, 0),
    }
    assert rows(
        warehouse,
        "select file_name.split('/')[2], row_number, reason from raw.rejected_rows order by all",
    ) == [
        ("charge", 7, "status is required and empty"),
        ("charge", 8, "its where cannot tell whether the row is of payment.payments"),
        ("dispute", 2, "its where cannot tell whether the row is of payment.payments"),
        ("invoice", 6, "amount is required and empty"),
    ]
    assert rows(
        warehouse,
        "select payment_id, status from raw.payment_payments where is_deleted::boolean or"
        " status = 'pending' order by all",
    ) == [("ch_4", "pending"), ("re_2", "refunded")]


def test_a_small_world_of_both_is_released_with_its_cash(
    statements: Statements, write_exports: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    """Cash is what cleared, less refunds and disputes; one that is won comes back."""
    files = {f"stripe/{name}": text for name, text in STRIPE.items()}
    files |= {f"quickbooks/{name}": text for name, text in QUICKBOOKS.items()}
    exports = write_exports(written("2024-03-01", {**files, "stripe/dispute": DISPUTE}))
    sources = [SOURCES / "stripe.yml", SOURCES / "quickbooks.yml"]
    home = tmp_path / "home"
    quick_run(exports, home, statements, sources=sources)
    cash = "select payment_id, amount, booked_date from fct_cash order by booked_date, payment_id"
    movements = [
        ("qb-deposit-10", Decimal("100.00"), date(2024, 1, 10)),
        ("ch_1", Decimal("100.00"), date(2024, 1, 31)),
        ("ch_3", Decimal("20.00"), date(2024, 2, 3)),
        ("qb-20", Decimal("150.25"), date(2024, 2, 10)),
        ("qb-refund-30", Decimal("-20.00"), date(2024, 2, 12)),
        ("qb-22", Decimal("5.00"), date(2024, 2, 13)),
        ("qb-23", Decimal("6.00"), date(2024, 2, 14)),
        ("re_1", Decimal("-15.00"), date(2024, 2, 20)),
        ("du_1", Decimal("-20.00"), date(2024, 2, 21)),
    ]
    assert query(release_file(home), cash) == movements
    assert query(
        release_file(home),
        "select contract_id, outstanding_amount from fct_debt_periods"
        " where date '2024-02-29' between valid_from_date and valid_to_date"
        " and outstanding_amount > 0 order by all",
    ) == [("in_1", Decimal("15.00")), ("in_2", Decimal("20.00")), ("qb-10", Decimal("50.25"))]
    won = DISPUTE.replace("under_review", "won")
    write_exports(written("2024-03-02", {"stripe/dispute": won}))
    quick_run(exports, home, statements, sources=sources)
    assert query(release_file(home), cash) == movements[:-1]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("system", "further"),
    [("stripe", "states_follow_each_other"), ("quickbooks", "few_rows_of_a_kind_are_rejected")],
)
def test_real_tables_are_refused_as_parts_of_a_whole(
    statements: Statements, shared_data: Path, tmp_path: Path, system: str, further: str
) -> None:
    """They are samples, each table by itself: payments name invoices the others do not have.

    Nor are the charges there that those of Stripe undo, nor the amounts of two refund receipts.
    """
    exports = laid_out(shared_data, system, tmp_path / "exports")
    with pytest.raises(RefusedError) as refused:
        quick_run(exports, tmp_path / "home", statements, sources=[SOURCES / f"{system}.yml"])
    failed = {problem.split()[0] for problem in refused.value.problems}
    assert failed == {"few_payments_are_orphans", further}
