"""A person who is forgotten leaves no id in what has landed, and none comes back."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from loading import load_all, rows, source_of
from typer.testing import CliRunner
from whole_runs import contents, query

from orchestration.command_line import app
from orchestration.errors import InputError
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.loading import load
from orchestration.ingestion.pending import pending
from orchestration.ingestion.sources import default_source
from orchestration.privacy import forgetting, keyed_hash, tombstones
from orchestration.privacy.forgetting import catch_up, forget
from orchestration.privacy.ids_of_people import BELONGINGS, id_columns, id_kind
from orchestration.privacy.tombstones import tombstones_of
from orchestration.warehouse import open_warehouse, warehouse_path

SECRET = "a secret of these tests"


@pytest.fixture(autouse=True, scope="module")
def secret() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keyed_hash.SECRET_VARIABLE, SECRET)
        yield


def pseudonym(one: str) -> str:
    return "forgotten-" + keyed_hash.keyed_hash(one, SECRET.encode(), keyed_hash.FORGOTTEN)


def exports_of(one_day: dict[str, str], day: str = "2024-01-31") -> dict[str, str]:
    return {
        f"{kind.replace('.', '/')}/{day}.csv": "\n".join(
            line.strip() for line in text.strip().splitlines()
        )
        + "\n"
        for kind, text in one_day.items()
    }


PERSON = exports_of(
    {
        "billing.customers": """
            customer_id,kind,birth_date,region,time_zone,merged_into_customer_id
            C1,person,1990-01-02,North,America/Recife,
            C2,person,1990-01-02,North,America/Recife,C1
            C3,person,1980-05-06,South,America/Recife,
            C1,person,broken,line,of,the,person
            """,
        "billing.contracts": """
            contract_id,customer_id,account_id,product
            K1,C1,A1,card
            K1,,A1,whose customer is missing
            K2,C2,A2,card
            K3,C3,A3,card
            """,
        "billing.instalments": """
            instalment_id,contract_id,due_date,amount
            I1,K1,2024-01-01,10
            I2,K2,2024-01-01,20
            I3,K3,2024-01-01,30
            """,
        "contact.contacts": """
            contact_id,customer_id,contact_point_id,channel,direction,started_at,agent_id
            T1,C2,ab12,voice,outbound,2024-01-02,E1
            T3,C3,cd34,voice,outbound,2024-01-02,E1
            """,
        "contact.contact_events": """
            contact_id,event,occurred_at
            T1,sent,2024-01-02
            T3,sent,2024-01-02
            """,
        "payment.payments": """
            payment_id,contract_id,instalment_id,customer_id,amount,status,status_at,reference
            P1,,I1,,10,cleared,2024-01-03,from C1
            P2,K3,,C1,5,cleared,2024-01-03,paid for another
            P3,K3,,,7,cleared,2024-01-03,of C3
            """,
        "payment.portal_sessions": """
            session_id,customer_id,started_at,visited_from_contact_id
            S1,,2024-01-02,T1
            """,
    }
)
THEIRS = ["C1", "C2", "K1", "K2", "A1", "A2", "I1", "I2", "T1", "ab12", "P1", "P2", "S1"]
OTHERS = ["C3", "K3", "A3", "I3", "T3", "cd34", "P3", "E1"]


def loaded(home: Path, exports: Path) -> Path:
    """Load exports into a home's warehouse as a run does."""
    warehouse = warehouse_path(home)
    catch_up(home, warehouse)
    with closing(open_warehouse(warehouse)) as connection:
        buried = tombstones_of(home, connection)
        found = find_deliveries(exports, [default_source()])
        load(connection, pending(connection, found), tombstones=buried)
    return warehouse


def raw(warehouse: Path) -> dict[str, list[tuple]]:
    """Every row of every raw table, without the times of loading and whose secret it is."""
    tables = query(
        warehouse,
        "select table_name, list(column_name order by column_name) from duckdb_columns()"
        " where schema_name = 'raw' and column_name <> 'loaded_at'"
        " and table_name <> 'secret_fingerprints'"
        " group by all order by all",
    )
    return {
        table: query(warehouse, f"select {', '.join(columns)} from raw.{table} order by all")
        for table, columns in tables
    }


def standing_in(path: Path, ids: list[str]) -> list[str]:
    texts = {str(value) for table in raw(path).values() for row in table for value in row}
    return [one for one in ids if one in texts]


def test_all_that_is_a_persons_is_replaced_and_nothing_else(write_exports, tmp_path):
    home = tmp_path / "home"
    warehouse = loaded(home, write_exports(PERSON))
    before = raw(warehouse)
    assert standing_in(warehouse, THEIRS + OTHERS) == THEIRS + OTHERS
    done = forget(home, "C2")
    assert done.pseudonym == pseudonym("C2")
    after = raw(warehouse)
    assert standing_in(warehouse, THEIRS + OTHERS) == OTHERS
    assert standing_in(warehouse, [pseudonym(one) for one in THEIRS]) == [
        pseudonym(one) for one in THEIRS
    ]
    assert {table: len(found) for table, found in after.items()} == {
        table: len(found) for table, found in before.items()
    }
    assert query(
        warehouse,
        "select payment_id, contract_id, instalment_id, customer_id, amount, reference"
        " from raw.payment_payments order by amount::int",
    ) == [
        (pseudonym("P2"), "K3", None, pseudonym("C1"), "5", None),
        ("P3", "K3", None, None, "7", "of C3"),
        (pseudonym("P1"), None, pseudonym("I1"), None, "10", None),
    ]
    assert query(
        warehouse,
        "select customer_id, kind, birth_date, region, time_zone, merged_into_customer_id"
        " from raw.billing_customers where customer_id <> 'C3' order by 6 nulls first",
    ) == [
        (pseudonym("C1"), "person", None, None, None, None),
        (pseudonym("C2"), "person", None, None, None, pseudonym("C1")),
    ]
    rejected = "select kind, row_number, value, line_text from raw.rejected_rows order by all"
    assert query(warehouse, rejected) == [
        ("contracts", 3, None, None),
        ("customers", 5, None, None),
    ]
    assert done.rows["warehouse.duckdb"]["raw.billing_customers"] == 2


def test_old_exports_do_not_bring_a_person_back(write_exports, tmp_path):
    home = tmp_path / "home"
    exports = write_exports(PERSON)
    warehouse = loaded(home, exports)
    forget(home, "C1")
    forgotten = raw(warehouse)
    warehouse.unlink()
    assert raw(loaded(home, exports)) == forgotten
    with closing(open_warehouse(warehouse)) as connection:
        assert tombstones_of(home, connection).is_up_to_date(connection)
    files = contents(home)
    assert len(files) >= 3
    assert [path for path, text in files.items() if b"ab12" in text] == []


@pytest.mark.parametrize("is_forgotten_first", [True, False])
def test_what_comes_later_of_a_person_is_pseudonymised_in_any_order(
    write_exports, tmp_path, is_forgotten_first
):
    home = tmp_path / "home"
    exports = write_exports(PERSON)
    warehouse = loaded(home, exports)
    payments = "payment_id,instalment_id,amount,status,status_at\nP9,I9,9,cleared,2024-02-01\n"
    refunds = (
        "payment_id,original_payment_id,amount,status,status_at\nR9,P9,9,refunded,2024-02-02\n"
    )
    instalments = "instalment_id,contract_id,due_date,amount\nI9,K1,2024-02-01,9\n"
    later = [
        exports_of({"payment.payments": refunds}, "2024-02-01"),
        exports_of({"payment.payments": payments}, "2024-02-02"),
        exports_of({"billing.instalments": instalments}, "2024-02-03"),
    ]
    if is_forgotten_first:
        forget(home, "C1")
    for day in later:
        loaded(home, write_exports(day))
    if not is_forgotten_first:
        forget(home, "C1")
    loaded(home, exports)
    assert standing_in(warehouse, ["I9", "P9", "R9"]) == []
    assert standing_in(warehouse, [pseudonym(one) for one in ("I9", "P9", "R9")]) == [
        pseudonym(one) for one in ("I9", "P9", "R9")
    ]
    assert [path for path, text in contents(home).items() if b'"I9' in text] == []


def test_a_kill_after_the_tombstone_leaves_the_rest_to_the_next_run(
    write_exports, tmp_path, monkeypatch
):
    home = tmp_path / "home"
    exports = write_exports(PERSON)
    warehouse = loaded(home, exports)
    with monkeypatch.context() as killed:
        killed.setattr(forgetting, "forget_everywhere", None)
        with pytest.raises(TypeError):
            forget(home, "C1")
    assert standing_in(warehouse, ["C1", "K2"]) == ["C1", "K2"]
    loaded(home, exports)
    assert standing_in(warehouse, THEIRS) == []
    assert forget(home, "C1").rows == {}


def test_a_tombstone_that_a_kill_cut_off_does_not_spoil_the_next(write_exports, tmp_path):
    home = tmp_path / "home"
    warehouse = loaded(home, write_exports(PERSON))
    forget(home, "C1")
    with (home / tombstones.FILE_NAME).open("a") as file:
        file.write('{"id_kind": "cust')
    assert forget(home, "C1").rows == {}
    forget(home, "C3")
    assert forget(home, "C3").rows == {}
    assert standing_in(warehouse, THEIRS + OTHERS) == ["E1"]


def test_forgetting_twice_says_that_it_is_done(write_exports, tmp_path):
    home = tmp_path / "home"
    loaded(home, write_exports(PERSON))
    first = forget(home, "C1")
    assert first.row_count > 10
    records = (home / forgetting.RECORD).read_text().splitlines()
    again = forget(home, "C1")
    assert (again.rows, again.pseudonym) == ({}, first.pseudonym)
    assert (home / forgetting.RECORD).read_text().splitlines() == records
    (record,) = map(json.loads, records)
    assert record["pseudonym"] == pseudonym("C1")
    assert record["by"]
    assert record["rows"]["warehouse.duckdb"]["raw.billing_contracts"] == 2
    for name in (forgetting.RECORD, tombstones.FILE_NAME):
        assert (home / name).stat().st_mode & 0o777 == 0o600


def test_nobody_of_an_unknown_id_is_forgotten(write_exports, tmp_path):
    home = tmp_path / "home"
    loaded(home, write_exports(PERSON))
    with pytest.raises(InputError, match="C9 is no customer of this warehouse"):
        forget(home, "C9")
    assert not (home / tombstones.FILE_NAME).exists()


def test_tombstones_do_not_go_with_another_secret(write_exports, tmp_path, monkeypatch):
    home = tmp_path / "home"
    exports = write_exports(PERSON)
    loaded(home, exports)
    forget(home, "C1")
    warehouse_path(home).unlink()
    monkeypatch.setenv(keyed_hash.SECRET_VARIABLE, "another secret")
    with pytest.raises(InputError, match="those forgotten would come back"):
        loaded(home, exports)
    monkeypatch.delenv(keyed_hash.SECRET_VARIABLE)
    with pytest.raises(InputError, match=r"tombstones.jsonl, which keeps people forgotten, needs"):
        loaded(home, exports)


def test_a_declared_identifier_is_forgotten_by_what_it_was(write_exports, tmp_path):
    home = tmp_path / "home"
    system = source_of(
        tmp_path / "erp.yml",
        """
        system: erp
        id_prefix: "erp-"
        identifiers: {customer_id: document}
        files:
          - path: "{day}.csv"
            kinds: {billing.customers: {columns: {customer_id: CPF, segment: Segment}}}
        """,
    )
    exports = write_exports({"2024-01-31.csv": "CPF,Segment\n529.982.247-25,x\n"})
    with closing(open_warehouse(warehouse_path(home))) as connection:
        load_all(connection, exports, [system])
        ((stored,),) = rows(connection, "select customer_id from raw.billing_customers")
    assert forget(home, "52998224725").pseudonym == pseudonym(stored)
    assert query(
        warehouse_path(home), "select customer_id, segment from raw.billing_customers"
    ) == [(pseudonym(stored), "x")]
    assert forget(home, "529.982.247-25").rows == {}


def test_the_command_says_what_it_did_and_no_id(write_exports, tmp_path):
    home = tmp_path / "home"
    loaded(home, write_exports(PERSON))
    command = ["forget", "C1", "--home", str(home)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    assert "raw.billing_contracts" in done.output
    assert pseudonym("C1") in done.output
    assert "C1" not in done.output
    assert "Nothing was left to do" in CliRunner().invoke(app, command).output


def test_every_column_of_ids_is_known_or_nobodys():
    from orchestration.contract import contract

    columns = {column.name for kind in contract().values() for column in kind.columns}
    unknown = {name for name in columns if name.endswith("_id") and not id_kind(name)}
    assert unknown == {"agent_id", "cost_id", "revenue_id"}
    for kind, belonging in BELONGINGS.items():
        assert set(belonging.ids) | set(belonging.to) <= set(id_columns(kind))
