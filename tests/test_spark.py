"""The models built on a real Spark cluster, against the same models built on DuckDB."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import duckdb
import pytest
from spark_cluster import Cluster, needs_spark, running_cluster

from orchestration.daily_run import run_daily
from orchestration.releases import release_file
from orchestration.settings import Settings
from orchestration.spark.place import REMOTE_VARIABLE
from orchestration.sql_text import literal, quoted
from orchestration.warehouse import warehouse_path

pytestmark = [pytest.mark.spark, needs_spark]

SOURCES = Path(__file__).resolve().parents[1] / "sources"
# a table from the middle of a build
MID_BUILD = "int_debt_states"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster of its own: a test may leave less of it."""
    place = tmp_path / "cluster"
    place.mkdir()
    with running_cluster(place) as cluster:
        monkeypatch.setenv(REMOTE_VARIABLE, cluster.remote)
        yield cluster


def run(exports: Path, home: Path, engine: str, *sources: Path) -> float:
    """Run the daily job to its release; return the seconds it took."""
    started = time.monotonic()
    settings = Settings(
        exports=str(exports), home=str(home), engine=engine, sources=list(map(str, sources))
    )
    run_daily(settings, str(uuid.uuid4()))
    return time.monotonic() - started


def differences(one: Path, other: Path) -> dict[str, int]:
    """Rows that only one of two files has, by table; a table that differs in shape has -1."""
    with closing(duckdb.connect()) as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach {literal(path)} as {name} (read_only)")
        found = {}
        shapes = {name: _shapes(connection, name) for name in ("one", "other")}
        assert shapes["one"]
        for table in shapes["one"].keys() | shapes["other"].keys():
            columns = shapes["one"].get(table)
            if columns != shapes["other"].get(table):
                found[table] = -1
                continue
            # a double's text says all its bits
            values = ", ".join(
                f"{quoted(name)}::varchar" if data_type == "DOUBLE" else quoted(name)
                for name, data_type, _ in columns
            )
            rows = [f"(select {values} from {name}.main.{table})" for name in ("one", "other")]
            count = connection.execute(
                f"select count(*) from (({rows[0]} except all {rows[1]})"
                f" union all ({rows[1]} except all {rows[0]}))"
            ).fetchone()[0]
            if count:
                found[table] = count
        return found


def _shapes(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, list[tuple]]:
    """Name, type and comment of every column, by table; views are none."""
    shapes: dict[str, list[tuple]] = {}
    for table, *column in connection.execute(
        "select table_name, column_name, data_type, columns.comment"
        " from duckdb_columns() as columns"
        " join duckdb_tables() using (database_name, schema_name, table_name)"
        " where database_name = ? and schema_name = 'main' order by table_name, column_index",
        [catalog],
    ).fetchall():
        shapes.setdefault(table, []).append(tuple(column))
    return shapes


def rows_in_raw(home: Path) -> int:
    with closing(duckdb.connect(warehouse_path(home), read_only=True)) as connection:
        return connection.execute("select sum(rows_loaded) from raw.files").fetchone()[0]


def see_the_same(one: Path, other: Path) -> None:
    """See that two homes have the same tables, all of them, and the same release."""
    assert differences(warehouse_path(one), warehouse_path(other)) == {}
    released = differences(release_file(one), release_file(other))
    # what tells of the run itself, and of the release
    assert set(released) <= {"release", "release_runs"}


def test_generated_data_gives_the_same_tables_and_release_on_either_engine(
    cluster: Cluster, sample_exports: Path, sample_home: Path, tmp_path: Path
) -> None:
    seconds = run(sample_exports, tmp_path / "home", "spark")
    print(f"\n{rows_in_raw(sample_home):,} generated rows: {seconds:.0f} seconds on Spark")
    see_the_same(sample_home, tmp_path / "home")


def test_real_data_gives_the_same_tables_and_release_on_either_engine(
    cluster: Cluster, shared_data: Path, tmp_path: Path
) -> None:
    exports, source = shared_data / "ibm_receivables", SOURCES / "ibm_receivables.yml"
    seconds = {
        engine: run(exports, tmp_path / engine, engine, source) for engine in ("duckdb", "spark")
    }
    print(f"\n{rows_in_raw(tmp_path / 'duckdb'):,} real rows: {seconds} seconds")
    see_the_same(tmp_path / "duckdb", tmp_path / "spark")


def test_a_worker_lost_in_mid_build_changes_nothing(
    cluster: Cluster, sample_exports: Path, sample_home: Path, tmp_path: Path
) -> None:
    def kill_in_mid_build() -> None:
        while not (tmp_path / "cluster" / "tables" / "main.db" / MID_BUILD).exists():
            time.sleep(0.1)
        cluster.kill_a_worker()

    killing = Thread(target=kill_in_mid_build, daemon=True)
    killing.start()
    run(sample_exports, tmp_path / "home", "spark")
    assert not killing.is_alive()
    assert [worker.poll() is None for worker in cluster.workers] == [False, True]
    see_the_same(sample_home, tmp_path / "home")
