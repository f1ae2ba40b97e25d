"""The dashboard is drawn from the release alone, reads what is declared, and names nobody."""

import errno
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml
from typer.testing import CliRunner
from whole_runs import contents

from dashboards.building import LIBRARY, build_dashboard
from dashboards.pages import (
    LANGUAGES,
    OF_EVERY_PAGE,
    OF_TRUST,
    dimensions,
    pages,
    query,
    texts,
)
from orchestration.command_line import app
from orchestration.commands.serving import PagesHandler
from orchestration.comparing import restatements
from orchestration.contract import DBT_PROJECT
from orchestration.errors import InputError
from orchestration.releases import serve
from orchestration.settings import Settings

EXPOSURES = DBT_PROJECT / "models" / "exposures.yml"
# tables a release has beside those of the dbt models
OWN_TABLES = {
    "release",
    "release_files",
    "release_overrides",
    "release_policies",
    "release_runs",
    "kpi_restatements",
}


@pytest.fixture(scope="module")
def release(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's release, with the periods and members that pages show."""
    database = sample_home / "published" / "collections.duckdb"
    with closing(duckdb.connect(database, read_only=True)) as connection:
        connection.execute(f"create temp table shown_periods as {query('periods')}")
        connection.execute(
            f"create temp table shown_members as {query('members')}", {"dimensions": dimensions()}
        )
        yield connection


def exposures() -> dict[str, Mapping]:
    declared = yaml.safe_load(EXPOSURES.read_text())["exposures"]
    return {one["name"].removeprefix("dashboard_"): one for one in declared}


def queries_by_page() -> dict[str, tuple[str, ...]]:
    figures = {page.id: page.queries for page in pages()}
    return {**figures, "trust": (*OF_EVERY_PAGE, *OF_TRUST), "definitions": OF_EVERY_PAGE}


@pytest.mark.parametrize("page", queries_by_page())
def test_a_page_reads_exactly_the_models_its_exposure_names(
    release: duckdb.DuckDBPyConnection, page: str
) -> None:
    read = set()
    for name in queries_by_page()[page]:
        (parsed,) = release.execute("select json_serialize_sql(?)", [query(name)]).fetchone()
        read |= set(re.findall(r'"table_name":"(\w+)"', parsed))
    tables = {
        row[0] for row in release.execute("select table_name from duckdb_tables()").fetchall()
    }
    named = {re.fullmatch(r"ref\('(\w+)'\)", one)[1] for one in exposures()[page]["depends_on"]}
    assert (read & tables) - OWN_TABLES - {"shown_periods", "shown_members"} == named


def test_every_page_is_an_exposure_with_an_owner_and_an_audience() -> None:
    assert list(exposures()) == list(queries_by_page())
    for one in exposures().values():
        assert one["owner"]["name"]
        assert one["config"]["meta"]["audience"]


def test_every_page_is_an_asset_that_hangs_on_the_release_and_on_what_it_reads() -> None:
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    for name, exposure in exposures().items():
        node = graph.get(dg.AssetKey(["dashboard", name]))
        parents = {key.path[-1] for key in node.parent_keys}
        assert {"release", "kpi_catalog"} <= parents
        assert len(parents) == 1 + len(exposure["depends_on"])


def test_every_kpi_is_on_a_page_and_every_dimension_it_is_split_by_is_one_of_its_own(
    release: duckdb.DuckDBPyConnection,
) -> None:
    catalogue = dict(
        release.execute(
            "select kpi_id, string_split(coalesce(dimensions, ''), ', ') from kpi_catalog"
        ).fetchall()
    )
    assert {kpi for page in pages() for kpi in page.kpis} == set(catalogue)
    for page in pages():
        for figure in page.figures:
            if figure.dimension:
                assert all(figure.dimension in catalogue[kpi] for kpi in figure.kpis)


def test_every_text_is_there_in_every_language_and_asks_for_the_same_to_be_put_in() -> None:
    assert list(texts()["languages"]) == list(LANGUAGES)
    for group in texts().keys() - {"languages"}:
        for key, words in texts()[group].items():
            assert list(words) == list(LANGUAGES), key
            assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in words.values()}) == 1
    for page in pages():
        for words in (page.title, page.lead, *(figure.title for figure in page.figures)):
            assert list(words) == list(LANGUAGES)


def test_every_word_scripts_and_templates_use_is_there_and_none_is_there_in_vain() -> None:
    folder = Path(build_dashboard.__code__.co_filename).parent
    used = "".join(
        path.read_text() for path in folder.rglob("*") if path.suffix in (".js", ".html")
    )
    asked = set(re.findall(r"\bwords\.(\w+)", used))
    # looked up by what a release says, or by a step, a grain or a direction
    looked_up = {
        *(f"audit_passed{how}" for how in ("", "_with_warnings", "_with_overrides")),
        *("up", "down", "context", "event", "cohort", "snapshot"),
        *("week", "month", "quarter", "year"),
        *("attempted", "reached", "promised", "due", "kept"),
        *("trust", "definitions"),
    }
    assert asked | looked_up == set(texts()["words"])


def test_a_restatement_has_a_word_for_every_cause() -> None:
    (told,) = re.findall(r'"cause": "([^:]+):', Path(restatements.__file__).read_text())
    assert set(re.findall(r"\w+", told.replace(" or ", ", "))) == set(texts()["causes"])


@pytest.fixture
def copied_home(sample_home: Path, tmp_path: Path) -> Path:
    """A home with the sample's release in it, whose dashboard may be drawn anew."""
    served = (sample_home / "published").resolve()
    release = tmp_path / "releases" / served.name
    shutil.copytree(served, release, ignore=shutil.ignore_patterns("parquet"))
    serve(tmp_path, release)
    return tmp_path


def test_drawn_again_it_is_the_same_byte_for_byte_and_leaves_the_release_alone(
    copied_home: Path,
) -> None:
    before = contents(copied_home / "published")
    assert any(path.name == "overview.html" for path in before)
    build_dashboard((copied_home / "published").resolve())
    assert contents(copied_home / "published") == before


def test_a_page_that_cannot_be_drawn_leaves_the_pages_there_are(
    copied_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(copied_home / "published" / "dashboard")
    monkeypatch.setattr("dashboards.building.charts", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build_dashboard((copied_home / "published").resolve())
    assert contents(copied_home / "published" / "dashboard") == before


def test_no_page_names_a_customer_a_debt_or_an_agent(
    release: duckdb.DuckDBPyConnection, sample_home: Path
) -> None:
    folder = sample_home / "published" / "dashboard"
    text = "".join(
        path.read_text() for path in folder.rglob("*") if path.is_file() and path.name != LIBRARY
    )
    words = set(re.findall(r"[\w@.-]+", text))
    for table, column in (
        ("dim_customers", "customer_id"),
        ("dim_contracts", "contract_id"),
        ("dim_agents", "agent_id"),
    ):
        ids = {row[0] for row in release.execute(f"select {column} from {table}").fetchall()}
        assert ids
        assert not ids & words


def test_no_page_loads_more_than_three_megabytes(sample_home: Path) -> None:
    folder = sample_home / "published" / "dashboard"
    shared = sum(path.stat().st_size for path in (folder / "static").iterdir())
    shared += (folder / "data" / "release.js").stat().st_size
    for page in folder.glob("*/*.html"):
        data = folder / "data" / f"{page.stem}.js"
        own = page.stat().st_size + (data.stat().st_size if data.exists() else 0)
        assert shared + own < 3_000_000, page


def test_what_a_release_says_stands_on_the_page_as_text_and_not_as_code(
    copied_home: Path,
) -> None:
    database = copied_home / "published" / "collections.duckdb"
    with closing(duckdb.connect(database)) as connection:
        connection.execute(
            "insert into release_overrides values"
            " ('e', '<script>alert(1)</script>', 3, 'Ana & Bea', 'r', date '2026-07-01')"
        )
    build_dashboard((copied_home / "published").resolve())
    page = (copied_home / "published" / "dashboard" / "pt" / "trust.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Ana &amp; Bea" in page
    assert "<script>alert" not in page


def test_a_release_that_cannot_be_drawn_is_said_to_be_published(
    copied_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.dashboard import DrawingError, dashboard

    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dashboards.building.charts", full)
    settings = Settings(exports=str(copied_home), home=str(copied_home))
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(DrawingError) as refused:
        dg.materialize([dashboard], instance=instance, resources={"settings": settings})
    released, problem = refused.value.problems
    assert re.search(r"Release \d{6}-\S+ is published, but its dashboard could not", released)
    assert problem.startswith("The disk is full")


def test_without_what_draws_it_the_run_goes_on(
    copied_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import dashboard

    settings = Settings(exports=str(copied_home), home=str(copied_home))
    monkeypatch.setattr(dashboard, "find_spec", lambda name: None)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [dashboard.dashboard], instance=instance, resources={"settings": settings}
        )
        assert result.success
        assert result.get_asset_materialization_events() == []


@pytest.fixture
def connection(sample_home: Path) -> Iterator[HTTPConnection]:
    """A connection to what `warehouse serve` serves."""
    handler = partial(PagesHandler, directory=str(sample_home / "published"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield HTTPConnection("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/dashboard/index.html", 200),
        ("/dashboard/en/overview.html?x=1", 200),
        ("/audit/index.html", 200),
        ("/dashboard/", 200),
        ("/dashboard/data/", 404),
        ("/", 404),
        ("/collections.duckdb", 404),
        ("/dashboard/../collections.duckdb", 404),
        ("/dashboard/%2e%2e/collections.duckdb", 404),
        ("/parquet/dim_customers.parquet", 404),
    ],
)
def test_pages_are_served_and_nothing_else_of_the_release(
    connection: HTTPConnection, path: str, status: int
) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == status
    if status == 200:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert b"<!doctype html>" in answer.read().lower()


def test_there_is_nothing_to_serve_before_a_dashboard_was_drawn(
    copied_home: Path, tmp_path: Path
) -> None:
    run = CliRunner().invoke(app, ["serve", "--home", str(tmp_path / "none")])
    assert isinstance(run.exception, InputError)
    shutil.rmtree((copied_home / "published" / "dashboard").resolve())
    run = CliRunner().invoke(app, ["serve", "--home", str(copied_home)])
    assert isinstance(run.exception, InputError)
    assert 'pip install ".[dashboard]"' in str(run.exception)


def test_a_port_that_is_taken_is_said(sample_home: Path, connection: HTTPConnection) -> None:
    arguments = ["serve", "--home", str(sample_home), "--port", str(connection.port)]
    run = CliRunner().invoke(app, [*arguments, "--no-open"])
    assert isinstance(run.exception, InputError)
    assert f"--port {connection.port}: Address already in use" in str(run.exception)
