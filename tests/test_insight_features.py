"""What scores are made from: as known on the day of the decision, and nothing about who one is."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from loading import load_all
from quick_runs import Statements

from orchestration.contract import DBT_PROJECT
from orchestration.insight.features import FEATURES
from orchestration.warehouse import open_warehouse

FOLDER = Path(DBT_PROJECT, "models", "intermediate", "insight")
NAMES = [feature.name for feature in FEATURES]
ROWS = f"select customer_id, score_model, {', '.join(NAMES)} from int_score_features"
# who somebody is, and what may stand for it
PROTECTED = (
    *("birth_date", "age_band", "age_in_years", "region", "country", "segment", "customer_kind"),
    *("preferred_channel", "time_zone", "portfolio", "creditor_brand", "nationality", "gender"),
)


def build_features(connection: duckdb.DuckDBPyConnection, statements: Statements) -> None:
    """Build what features are made from, and them."""
    needed, waiting = set(), ["int_score_features"]
    while waiting:
        name = waiting.pop()
        if name in statements.models and name not in needed:
            needed.add(name)
            waiting += re.findall(r'"main"\."(\w+)"', statements.models[name])
    for name, statement in statements.models.items():
        if name in needed:
            connection.execute(statement)


def features_of(connection: duckdb.DuckDBPyConnection, day: str) -> list[tuple]:
    return connection.execute(f"{ROWS} where decision_date = ? order by all", [day]).fetchall()


def warehouse_of(
    exports: Path, statements: Statements, place: Path, known_at: date | None = None
) -> duckdb.DuckDBPyConnection:
    """Load exports, of which those after ``known_at`` have not come, and build the features."""
    place.mkdir()
    path = place / "warehouse.duckdb"
    path.write_bytes(statements.start.read_bytes())
    connection = open_warehouse(path)
    load_all(connection, exports)
    if known_at:
        tables = connection.execute(
            "select table_name from duckdb_columns()"
            " where schema_name = 'raw' and column_name = 'export_day'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"delete from raw.{table} where export_day > ?", [known_at])
        # a day on which nothing was exported is known too
        connection.execute("insert into raw.files (export_day) values (?)", [known_at])
    build_features(connection, statements)
    return connection


def test_the_features_of_a_day_stay_as_they_were_known_on_it(
    sample_exports: Path, statements: Statements, tmp_path: Path
) -> None:
    then = date(2026, 4, 30)
    with closing(warehouse_of(sample_exports, statements, tmp_path / "now")) as now:
        since = features_of(now, then.isoformat())
        (late_rows,) = now.execute(
            "select count(*) from raw.payment_payments"
            " where status = 'cleared' and left(status_at, 10) <= ?::varchar and export_day > ?",
            [then, then],
        ).fetchone()
    with closing(warehouse_of(sample_exports, statements, tmp_path / "then", then)) as back_then:
        known = features_of(back_then, then.isoformat())
    assert late_rows > 0
    assert len(known) > 50
    assert {row[1] for row in known} == {"propensity_to_pay", "early_warning"}
    assert since == known


# one customer: three instalments of 100, of which the first was paid late, and what came later
CUSTOMERS = "customer_id,merged_into_customer_id,updated_at\nK1,,2025-11-01\nK2,,2025-11-01\n"
CONTRACTS = "contract_id,customer_id,originated_date\nD1,K1,2025-11-01\n"
INSTALMENTS = """instalment_id,contract_id,number,due_date,amount,issued_date,updated_at
I1,D1,1,2025-12-10,100,2025-11-01,2025-11-01
I2,D1,2,2026-01-10,100,2025-11-01,2025-11-01
I3,D1,3,2026-02-10,100,2025-11-01,2025-11-01
"""
PAYMENTS = "payment_id,contract_id,customer_id,amount,status,status_at\n"
PAID = PAYMENTS + "P1,D1,K1,100,cleared,2025-12-20\n"
KNOWN = {
    "billing/customers/2026-01-05.csv": CUSTOMERS,
    "billing/contracts/2026-01-05.csv": CONTRACTS,
    "billing/instalments/2026-01-05.csv": INSTALMENTS,
    "payment/payments/2026-01-05.csv": PAID,
}
LATER = {
    # paid before the decision day, told of after it
    "payment/payments/2026-02-05.csv": PAYMENTS + "P2,D1,K1,50,cleared,2026-01-20\n",
    # the first payment is undone after it, as of before
    "payment/payments/2026-02-06.csv": PAYMENTS + "P1,D1,K1,100,reversed,2026-01-25\n",
    # an instalment is corrected, and one is withdrawn
    "billing/instalments/2026-02-07.csv": (
        "instalment_id,contract_id,number,due_date,amount,issued_date,updated_at,is_deleted\n"
        "I2,D1,2,2026-01-28,80,2025-11-01,2026-02-07,\n"
        "I3,D1,3,2026-02-10,100,2025-11-01,2026-02-07,true\n"
    ),
    # the customer turns out to be another, with a debt of old
    "billing/customers/2026-02-08.csv": (
        "customer_id,merged_into_customer_id,updated_at\nK1,K2,2026-02-08\n"
    ),
    "billing/contracts/2026-02-08.csv": (
        "contract_id,customer_id,originated_date\nD2,K2,2025-10-01\n"
    ),
    "billing/instalments/2026-02-08.csv": (
        "instalment_id,contract_id,number,due_date,amount,issued_date\n"
        "I9,D2,1,2025-12-01,70,2025-10-01\n"
    ),
    "contact/contacts/2026-02-09.csv": (
        "contact_id,customer_id,channel,direction,started_at,outcome,party\n"
        "C1,K1,voice,outbound,2026-01-15 10:00:00,connected,right\n"
    ),
    "contact/promises/2026-02-09.csv": (
        "promise_id,customer_id,amount,due_date,made_at\nM1,K1,50,2026-01-20,2026-01-15 10:00\n"
    ),
    "payment/portal_sessions/2026-02-09.csv": (
        "session_id,customer_id,started_at\nS1,K1,2026-01-15 10:00:00\n"
    ),
    "billing/disputes/2026-02-09.csv": "dispute_id,contract_id,opened_date\nX1,D1,2026-01-15\n",
    "payment/payments/2026-02-28.csv": PAYMENTS + "P3,D1,K1,1,pending,2026-02-28\n",
}


@pytest.fixture(scope="module")
def hand_made(
    statements: Statements, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    place = tmp_path_factory.mktemp("hand_made")
    for name, text in {**KNOWN, **LATER}.items():
        path = place / "exports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with closing(warehouse_of(place / "exports", statements, place / "home")) as connection:
        yield connection


def feature_values(
    connection: duckdb.DuckDBPyConnection, day: str, customer: str, names: Sequence[str]
) -> tuple:
    return connection.execute(
        f"select {', '.join(names)} from int_score_features"
        " where decision_date = ? and customer_id = ?",
        [day, customer],
    ).fetchone()


LEDGER = ("score_model", "days_past_due", "instalments_behind", "payments_made", "late_share")
TOLD = ("contacts_reached", "promises_broken", "portal_visits", "debts_disputed")


def test_what_came_late_is_not_in_the_features_of_the_day(hand_made) -> None:
    # by 31 January: 200 fell due, 100 paid, the second instalment is 21 days late
    assert feature_values(hand_made, "2026-01-31", "K1", LEDGER) == (
        *("propensity_to_pay", 21, 1, 1, 1.0),
    )
    assert feature_values(hand_made, "2026-01-31", "K1", TOLD) == (0, 0, 0, 0)
    assert feature_values(hand_made, "2026-01-31", "K2", LEDGER) is None


def test_what_came_late_is_in_the_features_of_the_days_after(hand_made) -> None:
    # by 28 February the customer is K2: of D1, 180 fell due (80 of it on 28 January) and 50 are
    # paid, of D2 nothing of 70; each debt asks for 90 and 70 as a rule
    assert feature_values(hand_made, "2026-02-28", "K1", LEDGER) is None
    model, days, behind, payments, late = feature_values(hand_made, "2026-02-28", "K2", LEDGER)
    assert (model, days, payments, late) == ("propensity_to_pay", 89, 1, 1.0)
    assert float(behind) == pytest.approx(130 / 90 + 1, abs=1e-5)
    assert feature_values(hand_made, "2026-02-28", "K2", TOLD) == (1, 0, 1, 1)


def test_what_became_of_a_decision_is_by_all_that_is_known_now(hand_made) -> None:
    outcomes = hand_made.execute(
        "select decision_date::varchar, outcome from int_score_features"
        " where score_model = 'propensity_to_pay' order by all"
    ).fetchall()
    # the payment of 20 January is before the decision, the one of 20 December was undone
    assert outcomes == [("2026-01-31", None), ("2026-02-28", None)]


def test_a_feature_is_none_of_what_nobody_may_be_judged_by() -> None:
    declared = {
        model["name"]: [column["name"] for column in model["columns"]]
        for model in yaml.safe_load((FOLDER / "_scores__features.yml").read_text())["models"]
    }["int_score_features"]
    keys = ["decision_date", "score_model", "customer_id", "matures_on", "outcome"]
    assert sorted(declared) == sorted([*keys, *NAMES])
    assert set(NAMES).isdisjoint(PROTECTED)


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(FOLDER.glob("int_score_*.sql"))
        if path.stem not in ("int_score_outcomes", "int_score_model_used")
    ],
    ids=lambda path: path.stem,
)
def test_no_feature_is_made_from_it_or_from_what_is_not_known_by_day(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [word for word in PROTECTED if re.search(rf"\b{word}\b", text)] == []
    read = set(re.findall(r"ref\('(\w+)'\)", text))
    allowed = {"int_clock", "int_due_dates_moved"}
    assert {name for name in read - allowed if not name.startswith("int_score_")} == set()
