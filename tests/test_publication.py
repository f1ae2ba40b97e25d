import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import build, make_warehouse

from orchestration.errors import RefusedError
from orchestration.publication import publish

RELEASED = {
    "conduct_rules",
    "contact_queue",
    "customer_case",
    "dim_contracts",
    "dim_customers",
    "experiment_results",
    "experiments",
    "fct_agreements",
    "fct_allocations",
    "fct_assignments",
    "fct_cash",
    "fct_contact_events",
    "fct_contacts",
    "fct_debt_periods",
    "fct_promises",
    "fct_speech_results",
    "kpi_catalog",
    "kpi_cells",
    "kpi_recovery_rate",
    "kpi_targets",
    "kpi_values",
}
SAYS_OF_ITSELF = {
    "release",
    "release_tables",
    "release_policies",
    "release_overrides",
    "release_runs",
    "release_files",
    "kpi_restatements",
}
A_LATE_DEBT = "insert into dim_contracts values ('late', 'K1', 'BRL')"
BROKEN = "update fct_debt_periods set overdue_amount = 60 where contract_id = 'C7'"

# Publishes in a process that dies at the given call of the given function, before or after
# it. Great Expectations is loaded once and the process forked for each death.
PUBLISH_AND_DIE = """
import json, os, pathlib, shutil, sys
import expectations.report
from orchestration import publication

def dies(function, when):
    def dying(*arguments, **options):
        if when == "after":
            function(*arguments, **options)
        os._exit(9)
    return dying

PLACES = {
    "empty_place": (publication, "_empty_place"),
    "write_marts": (publication, "write_marts"),
    "write_release_tables": (publication, "_write_release_tables"),
    "copy_report": (shutil, "copytree"),
    "flush": (publication, "_flush_tree"),
    "rename": (pathlib.Path, "rename"),
    "make_link": (pathlib.Path, "symlink_to"),
    "swap_link": (pathlib.Path, "replace"),
    "prune": (publication, "prune"),
}
for home, place, when in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        owner, name = PLACES[place]
        setattr(owner, name, dies(getattr(owner, name), when))
        publication.publish(pathlib.Path(home), pathlib.Path(home) / "warehouse.duckdb", "killed")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, (place, when)
"""
DEATHS = [
    ("empty_place", "after"),
    ("write_marts", "after"),
    ("write_release_tables", "after"),
    ("copy_report", "after"),
    ("flush", "before"),
    ("rename", "before"),
    ("rename", "after"),
    ("make_link", "after"),
    ("swap_link", "after"),
    ("prune", "after"),
]


def contents(directory: Path) -> dict[str, str]:
    """The hash of every file below a directory, and where its links lead."""
    return {
        str(path.relative_to(directory)): (
            os.readlink(path) if path.is_symlink() else sha256(path.read_bytes()).hexdigest()
        )
        for path in sorted(directory.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def rows(database: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def published_rows(home: Path, query: str) -> list[tuple]:
    return rows((home / "published" / "collections.duckdb").resolve(), query)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one release, in a directory whose name needs care in SQL."""
    home = tmp_path_factory.mktemp("d'état")
    publish(home, make_warehouse(home / "warehouse.duckdb"), "first-run")
    return home


@pytest.fixture
def home(released: Path, tmp_path: Path) -> Path:
    """A home of one's own with that release."""
    return shutil.copytree(released, tmp_path / "d'état", symlinks=True)


@pytest.fixture(scope="module")
def killed(released: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Homes whose second release, with a late debt in it, was killed at some point."""
    homes = {}
    for place, when in DEATHS:
        home = tmp_path_factory.mktemp("killed") / "home"
        homes[place, when] = shutil.copytree(released, home, symlinks=True)
        build(home / "warehouse.duckdb", A_LATE_DEBT)
    deaths = json.dumps([(str(home), *point) for point, home in homes.items()])
    subprocess.run([sys.executable, "-c", PUBLISH_AND_DIE, deaths], check=True)
    return homes


def test_a_release_holds_the_dimensions_facts_and_kpis_and_says_what_it_is(released):
    tables = dict(published_rows(released, "from release_tables"))
    in_file = {
        name for (name,) in published_rows(released, "select table_name from duckdb_tables()")
    }
    assert set(tables) == RELEASED
    assert in_file == RELEASED | SAYS_OF_ITSELF
    assert tables["dim_contracts"] == 200
    ((release_id, as_of, known_at, run_id, outcome, warnings, row_count),) = published_rows(
        released,
        "select release_id, as_of::varchar, known_at::varchar, run_id, audit_outcome,"
        " warning_count, row_count from release",
    )
    assert os.readlink(released / "published") == f"releases/{release_id}"
    assert (as_of, known_at, run_id) == ("2026-01-31", "2026-01-31", "first-run")
    assert (outcome, warnings, row_count) == ("passed", 0, sum(tables.values()))


def test_a_release_holds_the_same_tables_as_parquet(released):
    files = list((released / "published" / "parquet").resolve().iterdir())
    assert {file.stem for file in files} == RELEASED | SAYS_OF_ITSELF
    for file in files:
        parquet = duckdb.read_parquet(str(file)).fetchall()
        assert sorted(parquet, key=repr) == sorted(
            published_rows(released, f"from {file.stem}"), key=repr
        )


def test_a_release_keeps_the_comments_of_tables_and_columns(released):
    comments = published_rows(
        released, "select comment from duckdb_tables() where table_name = 'dim_contracts'"
    )
    assert comments == [("One row per contract, which is the debt.",)]
    assert published_rows(
        released, "select column_name from duckdb_columns() where comment = 'The debt.'"
    ) == [("contract_id",)]


def test_a_release_is_written_for_older_clients(released):
    ((storage,),) = published_rows(
        released,
        "select tags['storage_version'] from duckdb_databases()"
        " where database_name = 'collections'",
    )
    assert storage.startswith("v1.2.0")


def test_a_release_carries_the_report_of_its_audit(released):
    (report,) = (released / "published" / "audit").resolve().iterdir()
    assert report.read_bytes() == (released / "reports/first-run/index.html").read_bytes()


def test_the_link_to_the_release_moves_with_its_home(home):
    moved = home.rename(home.with_name("moved"))
    assert published_rows(moved, "select count(*) from dim_contracts") == [(200,)]


def test_publishing_twice_gives_two_releases_with_equal_tables(home):
    first = (home / "published").resolve()
    second = publish(home, home / "warehouse.duckdb", "second-run")
    assert (home / "published").resolve() == second.path != first
    assert sorted(path.name for path in (home / "releases").iterdir()) == [
        first.name,
        second.release_id,
    ]
    for table in RELEASED:
        old = rows(first / "collections.duckdb", f"from {table}")
        new = rows(second.path / "collections.duckdb", f"from {table}")
        assert sorted(old, key=repr) == sorted(new, key=repr)


def test_a_refused_release_leaves_the_old_one_byte_for_byte(home):
    build(home / "warehouse.duckdb", BROKEN)
    (home / "releases" / ".killed.partial").mkdir()
    before = contents(home / "releases") | {"published": os.readlink(home / "published")}
    with pytest.raises(RefusedError, match=r"balances_are_possible.*\n.*contract_id = C7"):
        publish(home, home / "warehouse.duckdb", "refused-run")
    assert contents(home / "releases") | {"published": os.readlink(home / "published")} == before
    assert "balances_are_possible" in (home / "reports/refused-run/index.html").read_text("utf-8")


def test_a_refused_first_release_publishes_nothing(tmp_path):
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", BROKEN)
    with pytest.raises(RefusedError):
        publish(tmp_path, warehouse, "refused-run")
    assert not (tmp_path / "releases").exists()
    assert not (tmp_path / "published").exists()


def test_warnings_are_published_with_the_release(home):
    build(home / "warehouse.duckdb", "update fct_contacts set customer_id = 'stranger'")
    release = publish(home, home / "warehouse.duckdb", "warned-run")
    (warning,) = release.warnings
    assert warning.startswith("few_contacts_are_orphans (arrivals, warning)")
    assert published_rows(home, "select audit_outcome, warning_count from release") == [
        ("passed_with_warnings", 1)
    ]


def test_a_reader_of_the_old_release_is_not_disturbed(home):
    old = (home / "published" / "collections.duckdb").resolve()
    with duckdb.connect(str(old), read_only=True) as reader:
        build(home / "warehouse.duckdb", A_LATE_DEBT)
        publish(home, home / "warehouse.duckdb", "second-run")
        assert reader.execute("select count(*) from dim_contracts").fetchone() == (200,)
        assert published_rows(home, "select count(*) from dim_contracts") == [(201,)]


def test_nobody_can_change_the_warehouse_between_its_audit_and_its_copy(home):
    write = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('delete from dim_contracts')"
    attempts = []

    def try_to_write(message: str) -> None:
        if message.startswith("writing"):
            command = [sys.executable, "-c", write, str(home / "warehouse.duckdb")]
            attempts.append(subprocess.run(command, capture_output=True, check=False))

    publish(home, home / "warehouse.duckdb", "second-run", try_to_write)
    assert [b"lock" in attempt.stderr for attempt in attempts] == [True]
    assert published_rows(home, "select count(*) from dim_contracts") == [(200,)]


@pytest.mark.parametrize("death", DEATHS, ids=" ".join)
def test_a_killed_release_leaves_a_whole_one_and_the_next_run_clears_up(killed, death):
    home = killed[death]
    is_swapped = death in (("swap_link", "after"), ("prune", "after"))
    assert published_rows(home, "select count(*) from dim_contracts") == [(200 + is_swapped,)]
    release = publish(home, home / "warehouse.duckdb", "next-run")
    assert (home / "published").resolve() == release.path
    assert published_rows(home, "select count(*) from dim_contracts") == [(201,)]
    assert not list(home.rglob("*.partial"))
