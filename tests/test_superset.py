"""A real Superset shows what is published, from DuckDB and from PostgreSQL, and writes nothing.

`make superset-test`: it needs the environment of Superset, which is too large for the others.
"""

import json
import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from postgres_server import PASSWORD, running_server
from superset_client import Client, Row

from orchestration.kpi_pages import read_kpis
from orchestration.postgres.copying import copy_release
from orchestration.releases import DATABASE_NAME, release_file, releases_of, serve
from orchestration.superset.bundle import bundle, release_uri
from orchestration.superset.charts import FINAL, SO_FAR, dataset_of
from orchestration.superset.dashboard import FILTERED
from orchestration.superset.datasets import datasets
from orchestration.superset.declaration import Chart, charts_of, declared_tabs
from orchestration.superset.identity import identity
from orchestration.superset.measures import CELLS, VALUES, home
from orchestration.superset.serving import ENVIRONMENT, Installation, prepare, served

pytestmark = pytest.mark.soak

KPIS = {kpi.kpi_id: kpi for kpi in read_kpis()}
CHARTS = list(charts_of(declared_tabs(list(KPIS.values()))))
OF_KPIS = [chart for chart in CHARTS if chart.kpis]
ADMINISTRATOR = "a password for this test"
READER = "superset_reader"

# What is shown, by KPI, month, member or part, and whether it is final.
Figures = dict[tuple[str, date, str, bool], Any]


@pytest.fixture(scope="module")
def own_home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that serves the sample's release, and may come to serve another."""
    own = tmp_path_factory.mktemp("superset") / "home"
    release = release_file(sample_home).parent
    (own / "releases" / release.name).mkdir(parents=True)
    shutil.copy(release / DATABASE_NAME, own / "releases" / release.name)
    serve(own, own / "releases" / release.name)
    return own


@pytest.fixture(scope="module")
def duckdb_uri(own_home: Path) -> str:
    return release_uri(own_home / "published" / DATABASE_NAME)


@pytest.fixture(scope="module")
def installation(own_home: Path, duckdb_uri: str) -> Installation:
    """Superset as `make superset` makes it ready."""
    if not (ENVIRONMENT / "bin" / "superset").exists():
        pytest.skip("Superset is not installed: use `make superset-test`")
    made = Installation(ENVIRONMENT / "bin", own_home / "superset")
    os.environ["SUPERSET_ADMIN_PASSWORD"] = ADMINISTRATOR
    try:
        assert prepare(made, duckdb_uri) is None
    finally:
        del os.environ["SUPERSET_ADMIN_PASSWORD"]
    return made


@pytest.fixture(scope="module")
def port(installation: Installation) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        free = listener.getsockname()[1]
    with served(installation, free):
        yield free


@pytest.fixture(scope="module")
def postgres_uri(own_home: Path) -> Iterator[str]:
    with running_server() as server:
        server.rows("create database bi")
        copy_release(own_home, server.url("bi"))
        server.rows(f"create role {READER} login password '{PASSWORD}'")
        server.rows(f"grant collections_reader to {READER}", "bi")
        yield f"{server.url('bi', READER)}?options=-csearch_path%3Dcollections"


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def client(request: pytest.FixtureRequest, port: int) -> Client:
    """A session on a Superset whose bundle reads the one database or the other."""
    session = Client(port, ADMINISTRATOR)
    if request.param == "postgres":
        session.import_bundle(bundle(request.getfixturevalue("postgres_uri")))
    return session


@pytest.fixture(scope="module")
def chart_ids(client: Client) -> dict[str, int]:
    return client.chart_ids()


def _id(chart: Chart, chart_ids: dict[str, int]) -> int:
    return chart_ids[identity("chart", chart.name)]


def _month(row: Row) -> date:
    return datetime.fromtimestamp(row["month"] / 1000, UTC).date()


def _shown(chart: Chart, rows: list[Row]) -> Figures:
    """Read what a chart was answered."""
    kpi_id, figures = chart.kpis[0].kpi_id, {}
    for row in rows:
        if chart.shows == "months":
            cells = [(kpi_id, "all", True, row[FINAL]), (kpi_id, "all", False, row[SO_FAR])]
        elif chart.shows == "lines":
            cells = [(k.kpi_id, "all", True, row[k.meta["name"]["en"]]) for k in chart.kpis]
        else:
            member = row.get("part") or row.get("member") or row.get(chart.by) or "all"
            cells = [(kpi_id, member, True, row[kpi_id])]
        for shown_id, member, is_final, value in cells:
            if value is not None:
                figures[shown_id, _month(row), member, is_final] = value
    return figures


def _published(
    release: duckdb.DuckDBPyConnection,
    chart: Chart,
    dimension: str,
    member: str | None = None,
) -> Figures:
    """Read from `kpi_values` what a chart is to show, of all members or of one."""
    rows = release.execute(
        f"""
        select
            kpi_id, period_start, {"part" if chart.shows == "parts" else "member"},
            is_complete_period and is_mature, value
        from kpi_values
        where
            list_contains(?, kpi_id) and period_grain = 'month' and value is not null
            and dimension = ? and coalesce(member = ?, true)
        """,
        [[kpi.kpi_id for kpi in chart.kpis], dimension, member],
    ).fetchall()
    figures = {}
    for kpi_id, month, its_member, is_final, value in rows:
        if chart.shows == "parts":
            figures[kpi_id, month, its_member, True] = value
        elif is_final or chart.shows == "months":
            shown_as = its_member if member is None else "all"
            figures[kpi_id, month, shown_as, is_final] = _as_charted(kpi_id, chart, value)
    return figures


def _as_charted(kpi_id: str, chart: Chart, value: float) -> Any:
    """The value to its last digit; but cells of a stock are ten-thousandths of the currency."""
    meta = KPIS[kpi_id].meta
    is_rounded = "spans" in meta and "money" in meta and home(KPIS[kpi_id]) == CELLS
    return pytest.approx(value, rel=1e-8) if is_rounded else value


@pytest.mark.parametrize("chart", OF_KPIS, ids=lambda chart: chart.name)
def test_a_chart_shows_what_is_published(
    client: Client, chart_ids: dict[str, int], release: duckdb.DuckDBPyConnection, chart: Chart
) -> None:
    shown = _shown(chart, client.chart_data(_id(chart, chart_ids)))
    assert shown == _published(release, chart, chart.by or "all")


def test_a_chart_that_is_filtered_shows_the_slice_that_is_published(
    client: Client, chart_ids: dict[str, int], release: duckdb.DuckDBPyConnection
) -> None:
    compared = 0
    for dimension in FILTERED:
        (member,) = release.execute(
            "select mode(member) from kpi_values where dimension = ?", [dimension]
        ).fetchone()
        for chart in OF_KPIS:
            if (
                chart.shows == "months"
                and home(chart.kpis[0]) == CELLS
                and dimension in chart.kpis[0].meta.get("dimensions", [])
            ):
                wanted = {"col": dimension, "op": "IN", "val": [member]}
                shown = _shown(chart, client.chart_data(_id(chart, chart_ids), wanted))
                assert shown == _published(release, chart, dimension, member), (chart, member)
                compared += len(shown)
    assert compared > 200


def test_every_metric_is_the_published_value(
    client: Client, release: duckdb.DuckDBPyConnection, chart_ids: dict[str, int]
) -> None:
    for dataset in datasets(list(KPIS.values())):
        if dataset.name not in (CELLS, VALUES):
            continue
        # a mix is asked for by its parts
        whole = [kpi for kpi in dataset.kpis if "mix" not in kpi.meta]
        chart = next(chart for chart in OF_KPIS if dataset_of(chart) == dataset.name)
        asked = _query_context(client, _id(chart, chart_ids))
        asked["queries"][0] |= {
            "columns": ["month"],
            "metrics": [kpi.kpi_id for kpi in whole],
            "filters": []
            if dataset.name == CELLS
            else [
                {"col": "period_grain", "op": "==", "val": "month"},
                {"col": "dimension", "op": "==", "val": "all"},
            ],
            "extras": {"having": "", "where": ""},
        }
        rows = client.data(asked)
        for kpi in whole:
            shown = {_month(r): r[kpi.kpi_id] for r in rows if r[kpi.kpi_id] is not None}
            published = release.execute(
                "select period_start, value from kpi_values where kpi_id = ?"
                " and period_grain = 'month' and dimension = 'all' and part = 'all'"
                " and value is not null",
                [kpi.kpi_id],
            ).fetchall()
            is_rounded = dataset.name == CELLS and "spans" in kpi.meta and "money" in kpi.meta
            assert shown == {
                month: pytest.approx(value, rel=1e-8) if is_rounded else value
                for month, value in published
            }, kpi.kpi_id


def _query_context(client: Client, chart_id: int) -> Row:
    return json.loads(client.get(f"chart/{chart_id}")["result"]["query_context"])


def test_the_tables_show_the_release(
    client: Client, chart_ids: dict[str, int], release: duckdb.DuckDBPyConnection
) -> None:
    shown = {
        (row["name"], row["part"]): (_month(row), row["value"], row["change_points"], row["target"])
        for chart in CHARTS
        if chart.shows == "latest"
        for row in client.chart_data(_id(chart, chart_ids))
    }
    newest = release.execute("""
        select name_en, part, period_start, value, change_points, target
        from kpi_values inner join kpi_catalog using (kpi_id)
        where
            period_grain = 'month' and dimension = 'all' and is_complete_period and is_mature
        order by period_start
    """).fetchall()
    assert shown == {row[:2]: row[2:] for row in newest}

    (catalog,) = (chart for chart in CHARTS if chart.shows == "catalog")
    told = {row["kpi_id"]: row for row in client.chart_data(_id(catalog, chart_ids))}
    assert set(told) == set(KPIS)
    assert told["recovery_rate"]["name_en"] == "Recovery rate"

    (about,) = (chart for chart in CHARTS if chart.shows == "release")
    (row,) = client.chart_data(_id(about, chart_ids))
    assert (row["release_id"],) == release.execute("select release_id from release").fetchone()


def test_what_would_write_is_refused_by_superset_and_by_the_database(
    client: Client, sample_home: Path, own_home: Path
) -> None:
    (database,) = client.get("database/")["result"]
    is_postgres = database["backend"] == "postgresql"
    table = "collections.kpi_values" if is_postgres else "kpi_values"
    writes = [
        f"insert into {table} (kpi_id) values ('x')",
        f"update {table} set value = 1",
        f"delete from {table}",
        f"drop table {table}",
        "create table mine (id integer)",
    ]
    for sql in writes:
        assert "DML_NOT_ALLOWED" in client.run_sql(database["id"], sql), sql
    allowed = {"allow_dml": True, "allow_ctas": True, "allow_cvas": True}
    client.post(f"database/{database['id']}", allowed, method="PUT")
    why = "permission denied|must be owner|read-only" if is_postgres else "read-only"
    for sql in writes:
        assert re.search(why, client.run_sql(database["id"], sql)), sql
    if not is_postgres:
        for sql in (
            "select * from read_csv('/etc/passwd')",
            "select * from read_text('/etc/hostname')",
            "copy kpi_values to '/tmp/kpi_values.csv'",
            "attach '/tmp/another.duckdb'",
            "install httpfs",
            "set enable_external_access = true",
        ):
            refused = client.run_sql(database["id"], sql)
            assert re.search("disabled by configuration|has been locked", refused), sql
    assert client.run_sql(database["id"], f"select count(*) from {table}") == ""
    assert release_file(own_home).read_bytes() == release_file(sample_home).read_bytes()


def test_a_new_release_is_seen_without_a_restart(
    port: int, own_home: Path, duckdb_uri: str
) -> None:
    first = release_file(own_home).parent
    second = releases_of(own_home) / first.name.replace("000001", "000002")
    second.mkdir()
    shutil.copy(first / DATABASE_NAME, second)
    with closing(duckdb.connect(second / DATABASE_NAME)) as connection:
        connection.execute("update release set release_id = 'the second'")
    (chart,) = (chart for chart in CHARTS if chart.shows == "release")
    session = Client(port, ADMINISTRATOR)
    session.import_bundle(bundle(duckdb_uri))
    chart_id = _id(chart, session.chart_ids())
    answers: list[tuple[float, str]] = []
    stop = threading.Event()

    def keep_asking() -> None:
        own = Client(port, ADMINISTRATOR)
        while not stop.is_set():
            asked_at = time.monotonic()
            (row,) = own.chart_data(chart_id)
            answers.append((asked_at, row["release_id"]))

    readers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        time.sleep(5)
        serve(own_home, second)
        swapped_at = time.monotonic()
        time.sleep(10)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    late = [release_id for asked_at, release_id in answers if asked_at > swapped_at + 5]
    assert {release_id for _, release_id in answers} == {"the second", first.name}
    assert set(late) == {"the second"}
    stale = [at - swapped_at for at, name in answers if at > swapped_at and name == first.name]
    print(f"{len(answers)} answers, {len(stale)} of the old release after it: {stale}")
    serve(own_home, first)


def test_superset_is_made_ready_once_and_for_its_owner(
    installation: Installation, duckdb_uri: str, port: int
) -> None:
    folder = installation.folder
    secret = (folder / "secret_key").read_text()
    assert len(secret) >= 42
    assert folder.stat().st_mode & 0o077 == 0
    done = {name: (folder / name).stat().st_mtime_ns for name in ("set_up_for", "bundle_given")}
    assert prepare(installation, duckdb_uri) is None
    assert done == {name: (folder / name).stat().st_mtime_ns for name in done}
    assert (folder / "secret_key").read_text() == secret
    with socket.socket() as elsewhere:
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
