"""What PostgreSQL serves is the release: the same rows, with keys, comments and a reader."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import adbc_driver_manager
import dagster as dg
import duckdb
import pytest
from hand_made_release import make_release
from postgres_server import PASSWORD, Server, connected, running_server

from orchestration import daily_run
from orchestration.command_line import main
from orchestration.postgres.copying import Copied, copy_release
from orchestration.postgres.target import target_of
from orchestration.releases import release_file
from orchestration.settings import Settings
from orchestration.sql_text import literal

LOADER, READER = "loader", "analyst"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a role that may do what docs/postgres.md grants, and nothing more."""
    with running_server() as running:
        running.rows(f"create role {LOADER} login createrole password '{PASSWORD}'")
        running.rows(f"create role {READER} login password '{PASSWORD}'")
        yield running


@pytest.fixture(scope="module")
def new_database(server: Server) -> Callable[[], str]:
    def make() -> str:
        name = f"db_{uuid4().hex}"
        server.rows(f"create database {name}")
        server.rows(f"grant create on database {name} to {LOADER}")
        return name

    return make


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def copied(server: Server, database: str, sample_home: Path) -> Copied:
    """The sample's release, copied."""
    done = copy_release(sample_home, server.url(database, LOADER))
    server.rows(f"grant collections_reader to {READER}")
    return done


@pytest.fixture
def release(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach {literal(release_file(sample_home))} as release (read_only)")
        yield connection


def _columns(release: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Types of the columns of a release, by table."""
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in release.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where database_name = 'release' order by all"
    ).fetchall():
        tables.setdefault(table, {})[column] = data_type
    return tables


def test_every_table_is_served_row_for_row(
    server: Server, database: str, copied: Copied, release: duckdb.DuckDBPyConnection
) -> None:
    tables = _columns(release)
    assert {"kpi_values", "fct_cash", "dim_contracts", "release"} <= set(tables)
    with connected(server.url(database)) as session, session.cursor() as cursor:
        for table, columns in tables.items():
            names = ", ".join(columns)
            cursor.execute(f"select {names} from collections.{table}")
            release.register("served", cursor.fetch_arrow_table())
            # a decimal arrives here as text: all its digits are compared
            typed = ", ".join(f"{column}::{data_type}" for column, data_type in columns.items())
            different, released, served = release.execute(
                f"""
                select
                    (
                        select count(*)
                        from (
                            select {names} from release.{table}
                            except all
                            select {typed} from served
                        )
                    ),
                    (select count(*) from release.{table}),
                    (select count(*) from served)
                """
            ).fetchall()[0]
            assert (different, served) == (0, released), table
    assert copied.table_count == len(tables)
    assert copied.is_new


def test_types_are_exact(
    server: Server, database: str, copied: Copied, release: duckdb.DuckDBPyConnection
) -> None:
    served = {
        (table, column): data_type
        for table, column, data_type in server.rows(
            "select relname, attname, format_type(atttypid, atttypmod) from pg_attribute"
            " inner join pg_class on attrelid = pg_class.oid"
            " where relnamespace = 'collections'::regnamespace and relkind = 'r' and attnum > 0",
            database,
        )
    }
    expected = {
        "BOOLEAN": "boolean",
        "INTEGER": "integer",
        "BIGINT": "bigint",
        "DOUBLE": "double precision",
        "VARCHAR": "text",
        "DATE": "date",
        "TIMESTAMP": "timestamp without time zone",
        "HUGEINT": "numeric(38,0)",
    }
    for table, columns in _columns(release).items():
        for column, data_type in columns.items():
            exact = expected.get(data_type) or data_type.replace("DECIMAL", "numeric")
            assert served[table, column] == exact, (table, column)
            if column.endswith("_amount"):
                assert data_type.startswith("DECIMAL"), f"{table}.{column} is money"


def test_decimals_texts_and_days_arrive_as_they_are(
    server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    rows = """
        (1, 1234567890123456.78, -1234567890123456.78, 12345678901234567890123456789012345.678,
            0.1, 'São João ✓ 🎉 "a" \\ b', date '0001-01-01',
            timestamp '1969-12-31 23:59:59.999999', 99999999999999999999999999999999999999),
        (2, -0.01, -10000.00, -0.001, 'nan', '', date '9999-12-31', timestamp '2262-01-01', -1),
        (3, 0, 100000000, -1, 'inf', E'a\\nb\\tc', date '1970-01-01', timestamp '1970-01-01', 0),
        (4, null, null, null, null, null, null, null, null)
    """
    make_release(
        tmp_path,
        1,
        "create table edges (i integer, a decimal(18, 2), b decimal(18, 2), c decimal(38, 3),"
        " d double, t varchar, day date, instant timestamp, h hugeint)",
        f"insert into edges values {rows}",
    )
    database = new_database()
    copy_release(tmp_path, server.url(database))
    served = server.rows(
        "select i, a::text, b::text, c::text, d::text, t, day::text, instant::text, h::text"
        " from collections.edges order by i",
        database,
    )
    with closing(duckdb.connect(release_file(tmp_path), read_only=True)) as connection:
        released = connection.execute(
            "select i, a::text, b::text, c::text, d::text, t, day::text, instant::text, h::text"
            " from edges order by i"
        ).fetchall()
    assert served[0][1:4] == (
        "1234567890123456.78",
        "-1234567890123456.78",
        "12345678901234567890123456789012345.678",
    )
    spelt = {"NaN": "nan", "Infinity": "inf"}
    assert [tuple(spelt.get(value, value) for value in row) for row in served] == released
    [(total,)] = server.rows("select sum(a)::text from collections.edges", database)
    assert Decimal(total) == Decimal("1234567890123456.77")


def test_comments_keys_and_indexes_come_along(
    server: Server, database: str, copied: Copied, release: duckdb.DuckDBPyConnection
) -> None:
    tables = dict(
        server.rows(
            "select relname, obj_description(oid, 'pg_class') from pg_class"
            " where relnamespace = 'collections'::regnamespace and relkind = 'r'",
            database,
        )
    )
    assert tables == dict(
        release.execute(
            "select table_name, comment from duckdb_tables() where database_name = 'release'"
        ).fetchall()
    )
    columns = server.rows(
        "select count(*) from pg_description inner join pg_class on objoid = pg_class.oid"
        " where relnamespace = 'collections'::regnamespace and objsubid > 0",
        database,
    )
    assert (
        columns
        == release.execute(
            "select count(comment) from duckdb_columns() where database_name = 'release'"
        ).fetchall()
    )
    keys = dict(
        server.rows(
            "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
            " where contype = 'p' and connamespace = 'collections'::regnamespace",
            database,
        )
    )
    assert keys["collections.kpi_values"] == (
        "PRIMARY KEY (kpi_id, period_grain, period_start, dimension, member, part)"
    )
    assert keys["collections.dim_contracts"] == "PRIMARY KEY (contract_id)"
    assert keys["collections.release"] == "PRIMARY KEY (release_id)"
    assert "collections.kpi_cells" not in keys  # what a KPI is not sliced by is NULL
    indexed = {
        (table, definition[definition.index("(") :])
        for table, definition in server.rows(
            "select tablename, indexdef from pg_indexes where schemaname = 'collections'", database
        )
    }
    assert indexed >= {
        ("kpi_values", "(kpi_id, period_grain, dimension, period_start)"),
        ("kpi_cells", "(kpi_id, calendar_date)"),
        ("kpi_recovery_rate", "(kpi_date)"),
        ("fct_cash", "(booked_date)"),
        ("fct_cash", "(contract_id)"),
        ("fct_debt_periods", "(valid_from_date)"),
        ("fct_debt_periods", "(contract_id)"),
    }


def test_a_dashboard_query_uses_the_index(server: Server, database: str, copied: Copied) -> None:
    server.rows(
        "create function plan_of(query text) returns setof text language plpgsql as"
        " $$ begin return query execute 'explain ' || query; end $$",
        database,
    )
    plan = server.rows(
        """
        select plan_of($$
            select * from collections.kpi_values
            where kpi_id = 'cash_collected' and period_grain = 'month' and dimension = 'all'
        $$)
        """,
        database,
    )
    assert "kpi_values_kpi_id_period_grain_dimension_period_start_idx" in str(plan)


def test_the_reader_reads_and_cannot_write(server: Server, database: str, copied: Copied) -> None:
    with connected(server.url(database, READER)) as session, session.cursor() as cursor:
        cursor.execute("select release_id from collections.release")
        assert cursor.fetchall() == [(copied.release_id,)]
        for statement in (
            "delete from collections.kpi_values",
            "update collections.kpi_values set value = 1",
            "insert into collections.release default values",
            "truncate collections.kpi_values",
            "drop table collections.kpi_values",
            "create table collections.mine (id int)",
            "create schema mine",
            "alter schema collections rename to mine",
        ):
            with pytest.raises(adbc_driver_manager.ProgrammingError) as refused:
                cursor.execute(statement)
            assert refused.value.sqlstate == "42501", statement


def test_copying_twice_changes_nothing(
    server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    database, made = new_database(), "select oid from pg_namespace where nspname = 'collections'"
    make_release(tmp_path, 1)
    first = copy_release(tmp_path, server.url(database))
    before = server.rows(made, database)
    second = copy_release(tmp_path, server.url(database))
    assert server.rows(made, database) == before
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.row_count, first.table_count) == (second.row_count, second.table_count)


def test_a_release_whose_file_was_rewritten_is_copied_again(
    server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    database = new_database()
    make_release(tmp_path, 1)
    copy_release(tmp_path, server.url(database))
    with closing(duckdb.connect(release_file(tmp_path))) as connection:
        connection.execute("update fct_cash set contract_id = 'forgotten'")
    assert copy_release(tmp_path, server.url(database)).is_new
    assert server.rows("select distinct contract_id from collections.fct_cash", database) == [
        ("forgotten",)
    ]


def test_an_earlier_release_is_served_after_a_rollback(
    server: Server,
    new_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = new_database()
    first = make_release(
        tmp_path,
        1,
        "alter table release add column as_of date",
        "alter table release add column known_at date",
        "alter table release add column audit_outcome varchar",
        "alter table release add column row_count bigint",
    )
    make_release(tmp_path, 2)
    copy_release(tmp_path, server.url(database))
    monkeypatch.setenv("WAREHOUSE_TO", server.url(database))
    monkeypatch.setattr(sys, "argv", ["warehouse", "rollback", "000001", "--home", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert server.rows("select release_id from collections.release", database) == [(first,)]
    assert f"now serves {first}" in capsys.readouterr().out


def _materialize(home: Path, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Run the asset alone, as the UI does."""
    from orchestration.definitions import defs

    settings = Settings(exports=str(home), home=str(home))
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[dg.AssetKey("postgres_release")],
        instance=instance,
        raise_on_error=False,
        run_config={"resources": {"settings": {"config": settings.model_dump()}}},
    )


def test_the_asset_copies_what_is_published_and_is_skipped_where_no_url_is_named(
    server: Server,
    new_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, release_id = new_database(), make_release(tmp_path, 1)
    with dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.delenv("WAREHOUSE_TO", raising=False)
        skipped = _materialize(tmp_path, instance)
        assert skipped.success
        assert skipped.get_asset_materialization_events() == []
        monkeypatch.setenv("WAREHOUSE_TO", server.url(database))
        [event] = _materialize(tmp_path, instance).get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["release_id"].value == release_id
    assert metadata["rows"].value == 1 + 20_000 + 300
    assert server.rows("select release_id from collections.release", database) == [(release_id,)]


def test_the_password_is_in_nothing_that_dagster_keeps(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "wr0ng:pa@ss/word"
    url = server.url(password=wrong)
    make_release(tmp_path, 1)
    monkeypatch.setenv("WAREHOUSE_TO", url)
    settings = Settings(exports=str(tmp_path), home=str(tmp_path))
    with daily_run.history(settings) as instance:
        result = _materialize(tmp_path, instance)
    assert not result.success
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"password authentication failed" in kept
    for secret in (wrong, target_of(url).url, "wr0ng"):
        assert secret.encode() not in kept
