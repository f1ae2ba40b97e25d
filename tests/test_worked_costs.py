"""Costs, collectors and business days, from export files through `warehouse run` to the release."""

import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from quick_runs import Statements, quick_run
from whole_runs import query, write

from orchestration.contract import DBT_PROJECT
from orchestration.releases import release_file

ROLLED = [
    *("int_due_dates_moved", "int_obligations_scheduled", "int_obligations_settled"),
    *("int_debt_totals", "int_debt_states", "fct_debt_periods", "fct_instalments"),
    *("int_first_instalments", "kpi_first_payment_default_rate_1d"),
]

CASES = {
    "billing/costs/2026-03-31.csv": """
        cost_id,cost_date,kind,amount,portfolio
        c13_feb,2026-02-15,operations,190000,C13
        c13_mar,2026-03-15,staff,130000,C13
        c13_none,2026-03-15,tools,10,C13_none
        c14_staff,2026-02-10,staff,50000,C14
        c14_legal,2026-02-11,legal,10000,C14
        c14_undone,2026-03-10,staff,120,C14_undone
        """,
    "billing/revenues/2026-03-31.csv": """
        revenue_id,revenue_date,amount,portfolio
        feb,2026-02-28,250000,C13
        mar,2026-03-31,100000,C13
        none,2026-03-31,20,C13_none
        """,
    "billing/adjustments/2026-03-31.csv": """
        adjustment_id,contract_id,kind,amount,adjusted_date
        lost,c14_undone,write_off,500,2026-01-31
        """,
    "contact/agents/2026-03-31.csv": """
        agent_id,hired_date,fte
        full_1,2025-01-01,1
        full_2,2025-01-01,1
        full_3,2025-01-01,1
        full_4,2025-01-01,1
        full_5,2025-01-01,1
        full_6,2025-01-01,1
        full_7,2025-01-01,1
        half_1,2025-01-01,0.5
        half_2,2025-01-01,0.5
        absent,2025-01-01,1
        """,
    "contact/agent_days/2026-03-31.csv": """
        agent_id,work_date,is_absent
        full_1,2025-12-30,false
        absent,2025-12-30,true
        """,
}


def portfolio(name: str, count: int, due: str, amount: int, paid: str | None) -> dict[str, str]:
    """Export files of a portfolio of so many contracts, each of one instalment, paid or not."""
    keys = [f"{name.lower()}_{number}" if count > 1 else name.lower() for number in range(count)]
    rows = {
        "billing/contracts": [
            "contract_id,customer_id,portfolio,originated_date",
            *(f"{key},{key},{name},2026-01-01" for key in keys),
        ],
        "billing/instalments": [
            "instalment_id,contract_id,number,due_date,amount",
            *(f"{key},{key},1,{due},{amount}" for key in keys),
        ],
        "payment/payments": [
            "payment_id,contract_id,amount,status,status_at",
            *(f"{key},{key},{amount},cleared,{paid} 10:00:00" for key in keys if paid),
        ],
    }
    return {f"{kind}/2026-03-31_{name}.csv": "\n".join(lines) for kind, lines in rows.items()}


@pytest.fixture(scope="module")
def home(statements: Statements, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a run over all cases, on 31 March 2026."""
    place = tmp_path_factory.mktemp("costs")
    write(
        place / "exports",
        CASES
        | portfolio("C13", 12_000, due="2026-01-10", amount=100, paid=None)
        | portfolio("C14", 400, due="2026-01-20", amount=750, paid="2026-02-10")
        | portfolio("C14_undone", 1, due="2026-01-20", amount=500, paid="2026-02-10")
        # the Saturday before carnival, of which the Wednesday is the next business day
        | portfolio("WEDNESDAY", 1, due="2026-02-14", amount=100, paid="2026-02-18")
        | portfolio("FRIDAY", 1, due="2026-02-14", amount=100, paid="2026-02-20")
        | {
            "payment/payments/2026-03-31_undone.csv": """
                payment_id,contract_id,amount,status,status_at
                c14_undone,c14_undone,500,charged_back,2026-03-05 10:00:00
                """
        },
    )
    quick_run(place / "exports", place / "home", statements)
    return place / "home"


def value(home: Path, kpi_id: str, month: str, member: str = "all") -> tuple:
    """Numerator, denominator and value of a KPI in a month, of all or of one portfolio."""
    rows = query(
        release_file(home),
        "select numerator, denominator, value from kpi_values"
        " where kpi_id = ? and period_grain = 'month' and period_start = ?"
        " and dimension = ? and member = ?",
        kpi_id,
        month,
        "all" if member == "all" else "portfolio",
        member,
    )
    assert len(rows) == 1, rows
    return rows[0]


def test_c12_part_time_and_absent_collectors_are_heads_but_not_full_time(home: Path) -> None:
    assert value(home, "accounts_per_collector", "2026-03-01") == (12_000, 10, 1_200)
    assert value(home, "accounts_per_collector_fte", "2026-03-01") == (12_000, 8, 1_500)


def test_c13_profit_per_account_may_be_negative_and_needs_an_account(home: Path) -> None:
    assert value(home, "profit_per_account", "2026-02-01", "C13") == (60_000, 12_000, 5.00)
    assert value(home, "profit_per_account", "2026-03-01", "C13") == (-30_000, 12_000, -2.50)
    assert value(home, "profit_per_account", "2026-03-01", "C13_none") == (10, 0, None)


def test_c14_cost_is_measured_by_the_cash_and_by_the_debts_settled(home: Path) -> None:
    assert value(home, "cost_to_collect", "2026-02-01", "C14") == (60_000, 300_000, 0.20)
    assert value(home, "cost_per_recovered_debt", "2026-02-01", "C14") == (60_000, 400, 150.00)
    assert value(home, "cost_to_collect", "2026-03-01", "C14_undone") == (120, -500, None)


def test_amount_per_collector_is_what_all_collected_over_all_of_them(home: Path) -> None:
    cash = Decimal(300_000 + 500 + 100 + 100)
    assert value(home, "amount_per_collector", "2026-02-01") == (cash, 10, 30_070)
    assert value(home, "amount_per_collector_fte", "2026-02-01") == (cash, 8, 37_587.5)


def first_days(warehouse: Path) -> dict[str, list[tuple]]:
    """What each of the two contracts due on a Saturday was asked, owed late and defaulted on."""
    return {
        "due": query(
            warehouse,
            "select cast(due_date as text), cast(original_due_date as text) from fct_instalments"
            " where contract_id in ('wednesday', 'friday') order by contract_id",
        ),
        "overdue": query(
            warehouse,
            "select contract_id, cast(valid_from_date as text), cast(valid_to_date as text),"
            " valid_to_date - oldest_unpaid_due_date from fct_debt_periods"
            " where contract_id in ('wednesday', 'friday') and overdue_amount > 0"
            " order by contract_id",
        ),
        "default": query(
            warehouse,
            "select unit_id, numerator from kpi_first_payment_default_rate_1d"
            " where unit_id in ('wednesday', 'friday') order by unit_id",
        ),
    }


def test_a_due_date_stays_on_a_saturday_unless_the_policy_names_a_country(home: Path) -> None:
    assert first_days(home / "warehouse.duckdb") == {
        "due": [("2026-02-14", "2026-02-14")] * 2,
        "overdue": [
            ("friday", "2026-02-15", "2026-02-19", 5),
            ("wednesday", "2026-02-15", "2026-02-17", 3),
        ],
        "default": [("friday", 1), ("wednesday", 1)],
    }


@pytest.mark.soak
def test_a_due_date_in_the_carnival_of_brazil_moves_to_ash_wednesday(
    home: Path, tmp_path: Path
) -> None:
    warehouse = shutil.copy(home / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "run", "--vars", "{roll_due_dates: BR}"),
            *("--target-path", tmp_path / "target", "--log-path", tmp_path / "logs"),
            *("--select", *ROLLED),
        ],
        cwd=DBT_PROJECT,
        env={**os.environ, "WAREHOUSE_FILE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert first_days(warehouse) == {
        "due": [("2026-02-18", "2026-02-14")] * 2,
        "overdue": [("friday", "2026-02-19", "2026-02-19", 1)],
        "default": [("friday", 1), ("wednesday", 0)],
    }
