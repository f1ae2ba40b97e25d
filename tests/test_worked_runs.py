"""The worked cases of KPIs that take more than one run: late rows, and refused ones."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from quick_runs import Statements, quick_run
from whole_runs import contents, query, released, write

from orchestration.errors import RefusedError
from orchestration.releases import release_file

JANUARY = {
    "billing/contracts/2026-01-31.csv": """
        contract_id,customer_id,originated_date
        a,a,2025-12-01
        b,b,2025-12-01
        """,
    "billing/instalments/2026-01-31.csv": """
        instalment_id,contract_id,number,due_date,amount
        a,a,1,2026-01-10,1000
        b,b,1,2026-01-10,500
        """,
    "payment/payments/2026-01-31.csv": """
        payment_id,contract_id,amount,status,status_at
        first,a,1000,cleared,2026-01-20 10:00:00
        """,
}
LATE_ROW = {
    "payment/payments/2026-02-02.csv": """
        payment_id,contract_id,amount,status,status_at
        late,b,150,cleared,2026-01-29 10:00:00
        """,
}


def january_cash(home: Path) -> Decimal:
    ((cash,),) = query(
        release_file(home),
        "select numerator from kpi_values where kpi_id = 'cash_collected'"
        " and period_grain = 'month' and period_start = '2026-01-01' and dimension = 'all'",
    )
    return cash


def test_c20_a_late_row_changes_the_month_it_belongs_to(
    statements: Statements, tmp_path: Path
) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    write(exports, JANUARY)
    quick_run(exports, home, statements)
    assert january_cash(home) == 1000

    write(exports, LATE_ROW)
    quick_run(exports, home, statements)
    assert january_cash(home) == 1150
    assert not query(
        release_file(home),
        "select * from kpi_values where kpi_id = 'cash_collected'"
        " and period_grain = 'month' and period_start = '2026-02-01' and numerator != 0",
    )
    logged = query(
        release_file(home),
        "select old_value, new_value, change, cause, detail, row_count from kpi_restatements"
        " where kpi_id = 'cash_collected' and period_grain = 'month' and dimension = 'all'",
    )
    assert logged == [(1000, 1150, 150, "late_row", "1 late payment.payments", 1)]


@pytest.mark.soak
def test_c20_a_late_row_changes_nothing_of_what_was_known(
    statements: Statements, tmp_path: Path
) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    write(exports, JANUARY | LATE_ROW)
    quick_run(exports, home, statements)
    current = release_file(home).read_bytes()
    released(exports, home, "--known-at", "2026-01-31")
    assert january_cash(home / "asof" / "known_at=2026-01-31") == 1000
    assert release_file(home).read_bytes() == current


def test_c18_orphans_beyond_the_limit_refuse_the_release_and_leave_the_old_one(
    statements: Statements, tmp_path: Path
) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    write(exports, JANUARY)
    quick_run(exports, home, statements)
    before = contents(home / "releases")
    published = os.readlink(home / "published")

    payments = [f"p{number},a,10,cleared,2026-02-01" for number in range(97)]
    orphans = [f"o{number},nobody,20,cleared,2026-02-01" for number in range(3)]
    header = "payment_id,contract_id,amount,status,status_at"
    write(exports, {"payment/payments/2026-02-01.csv": "\n".join([header, *payments, *orphans])})
    with pytest.raises(RefusedError, match=r"orphan_count = 3, .*orphan_amount = 60\.00"):
        quick_run(exports, home, statements)

    assert os.readlink(home / "published") == published
    assert contents(home / "releases") == before
