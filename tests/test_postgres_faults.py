"""Whatever happens to a copy, PostgreSQL serves a whole release, and says what happened."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import NamedTuple
from uuid import uuid4

import adbc_driver_manager
import pytest
from hand_made_release import make_release
from postgres_server import PASSWORD, Server, connected, running_server
from whole_runs import released, warehouse_run

from orchestration.postgres.copying import copy_release
from orchestration.postgres.target import PostgresError, target_of
from orchestration.releases import release_file

SERVED = "select release_id from collections.release"
WHOLE = """
    select
        (select min(number) from collections.release),
        (select min(number) from collections.fct_cash),
        (select max(number) from collections.fct_cash),
        (select max(number) from collections.kpi_values),
        (select count(*) from collections.fct_cash),
        (select count(*) from collections.kpi_values)
"""

# Copies in a process that ends itself at the given statement of PostgreSQL
COPY_AND_DIE = """
import os, signal, sys
from pathlib import Path
from orchestration.postgres import copying
from orchestration.postgres.target import Session

home, url, name, doing, when = sys.argv[1:]
whole = getattr(Session, name)


def and_die(session, *arguments):
    is_here = any(str(argument).startswith(doing) for argument in (arguments or ("",)))
    if is_here and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = whole(session, *arguments)
    if is_here:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


setattr(Session, name, and_die)
copying.copy_release(Path(home), url)
"""
MOMENTS = [
    ("fill", "fct_cash", "after"),
    ("run", "let collections_reader", "after"),
    ("run", "look up who reads", "before"),
    ("run", "rename the new", "after"),
]
MORE_MOMENTS = [
    ("run", "clear away", "after"),
    ("run", "create the schema", "after"),
    ("fill", "fct_cash", "before"),
    ("run", "index kpi_values", "after"),
    ("run", "count what", "after"),
    ("run", "look up who reads", "after"),
    ("run", "lock the old", "before"),
    ("run", "lock the old", "after"),
    ("run", "drop the old", "after"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def database(server: Server) -> str:
    name = f"db_{uuid4().hex}"
    server.rows(f"create database {name}")
    return name


class Behind(NamedTuple):
    """A database that serves the release ``old`` while the home serves ``new``."""

    url: str
    old: str
    new: str


@pytest.fixture
def behind(server: Server, database: str, tmp_path: Path) -> Behind:
    url = server.url(database)
    old = make_release(tmp_path, 1)
    copy_release(tmp_path, url)
    return Behind(url, old, make_release(tmp_path, 2))


@contextmanager
def polling(url: str, *statements: str) -> Iterator[list[list[tuple]]]:
    """Read again and again, in one transaction each time; an error of a reader comes out."""
    seen: list[list[tuple]] = []
    is_over = Event()

    def read() -> None:
        with connected(url) as session, session.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute("begin")
                rows = []
                for statement in statements:
                    cursor.execute(statement)
                    rows += cursor.fetchall()
                cursor.execute("commit")
                seen.append(rows)

    with ThreadPoolExecutor() as threads:
        reader = threads.submit(read)
        try:
            yield seen
        finally:
            is_over.set()
        reader.result()


@pytest.mark.parametrize(
    "moment",
    [*MOMENTS, *(pytest.param(moment, marks=pytest.mark.soak) for moment in MORE_MOMENTS)],
    ids=" ".join,
)
def test_killed_at_any_moment_the_old_release_serves_and_the_next_copy_makes_it_good(
    server: Server, database: str, behind: Behind, tmp_path: Path, moment: tuple[str, str, str]
) -> None:
    arguments = [str(tmp_path), behind.url, *moment]
    killed = subprocess.run([sys.executable, "-c", COPY_AND_DIE, *arguments], check=False)
    assert killed.returncode == -9
    assert server.rows(WHOLE, database) == [(1, 1, 1, 1, 20_000, 300)]
    copy_release(tmp_path, behind.url)
    assert server.rows(WHOLE, database) == [(2, 2, 2, 2, 20_000, 300)]
    schemas = server.rows(
        "select nspname from pg_namespace where nspname like 'collections%'", database
    )
    assert schemas == [("collections",)]


@pytest.mark.soak
def test_readers_see_one_release_or_the_next_and_never_an_error(
    server: Server, database: str, tmp_path: Path
) -> None:
    url = server.url(database)
    make_release(tmp_path, 1)
    copy_release(tmp_path, url)
    step_by_step = [
        "select number from collections.release",
        "select distinct number from collections.fct_cash",
        "select distinct number from collections.kpi_values",
    ]
    with polling(url, WHOLE) as statements, polling(url, *step_by_step) as transactions:
        for number in range(2, 5):
            make_release(tmp_path, number)
            copy_release(tmp_path, url)
    for [(*numbers, cash_count, value_count)] in statements:
        assert len(set(numbers)) == 1
        assert (cash_count, value_count) == (20_000, 300)
    for rows in transactions:
        assert len(rows) == 3, "each table holds one number"
        assert len(set(rows)) == 1
    for seen in (
        [rows[0][0] for rows in statements],
        [rows[0][0] for rows in transactions],
    ):
        assert seen == sorted(seen)
        assert len(set(seen)) > 1, "the readers were there while it was swapped"


def test_a_report_that_takes_long_ends_undisturbed_and_holds_nobody_up(
    server: Server, database: str, behind: Behind, tmp_path: Path
) -> None:
    with (
        connected(behind.url) as session,
        session.cursor() as report,
        ThreadPoolExecutor() as threads,
    ):
        report.execute("begin")
        report.execute("select min(number) from collections.fct_cash")
        assert report.fetchall() == [(1,)]
        copying = threads.submit(copy_release, tmp_path, behind.url)
        with polling(behind.url, "set local statement_timeout = '20s'", WHOLE) as seen:
            while len(seen) < 50:
                assert not copying.done()
        assert {rows[0] for rows in seen} == {(1, 1, 1, 1, 20_000, 300)}
        report.execute("select min(number) from collections.kpi_values")
        assert report.fetchall() == [(1,)]
        report.execute("commit")
        assert copying.result().release_id == behind.new
    assert server.rows(SERVED, database) == [(behind.new,)]


def test_a_transaction_that_is_never_ended_is_named_and_the_old_release_serves(
    server: Server, database: str, behind: Behind, tmp_path: Path
) -> None:
    with connected(behind.url) as session, session.cursor() as reader:
        reader.execute("set application_name = 'a forgotten window'")
        reader.execute("begin")
        reader.execute(SERVED)
        with pytest.raises(PostgresError, match="of postgres in a forgotten window"):
            copy_release(tmp_path, behind.url, patience_seconds=1)
        assert server.rows(SERVED, database) == [(behind.old,)]
    copy_release(tmp_path, behind.url)
    assert server.rows(SERVED, database) == [(behind.new,)]


def test_no_snapshot_from_before_the_load_sees_empty_tables(behind: Behind, tmp_path: Path) -> None:
    with connected(behind.url) as session, session.cursor() as reader:
        reader.execute("begin isolation level repeatable read")
        reader.execute("select 1")
        with pytest.raises(PostgresError, match="transaction open"):
            copy_release(tmp_path, behind.url, patience_seconds=1)
        reader.execute("select count(*) from collections.fct_cash")
        assert reader.fetchall() == [(20_000,)]


def test_two_copies_at_once_queue(server: Server, database: str, tmp_path: Path) -> None:
    url = server.url(database)
    make_release(tmp_path, 1)
    with ThreadPoolExecutor() as threads:
        copies = [threads.submit(copy_release, tmp_path, url) for _ in range(3)]
        assert sorted(copy.result().is_new for copy in copies) == [False, False, True]
    assert server.rows(WHOLE, database) == [(1, 1, 1, 1, 20_000, 300)]


def test_a_view_of_somebody_is_not_dropped_with_the_tables(
    server: Server, database: str, behind: Behind, tmp_path: Path
) -> None:
    server.rows("create view my_cash as select * from collections.fct_cash", database)
    with pytest.raises(PostgresError, match=r"view my_cash depends.*drop it first"):
        copy_release(tmp_path, behind.url)
    assert server.rows(SERVED, database) == [(behind.old,)]
    server.rows("drop view my_cash", database)
    copy_release(tmp_path, behind.url)
    assert server.rows(SERVED, database) == [(behind.new,)]


def test_a_schema_that_no_release_made_is_left_alone(
    server: Server, database: str, tmp_path: Path
) -> None:
    server.rows("create schema collections", database)
    server.rows("create table collections.stamps as select 1 as stamp", database)
    make_release(tmp_path, 1)
    with pytest.raises(PostgresError, match="that no release made"):
        copy_release(tmp_path, server.url(database))
    assert server.rows("select stamp from collections.stamps", database) == [(1,)]


def test_a_type_postgresql_is_not_told_of_is_named_with_what_to_do(
    server: Server, database: str, behind: Behind, tmp_path: Path
) -> None:
    make_release(tmp_path, 3, "create table kpi_spans (span interval)")
    with pytest.raises(PostgresError) as failed:
        copy_release(tmp_path, behind.url)
    problem = failed.value.problems[0]
    assert problem.startswith("kpi_spans.span: no type of PostgreSQL is set for INTERVAL.")
    assert "Cast it in the model to one of BOOLEAN, INTEGER," in problem
    assert server.rows(SERVED, database) == [(behind.old,)]


FULL_DISK = """
    create function fill_disk() returns event_trigger language plpgsql as $$ begin
        raise exception using
            errcode = 'disk_full',
            message = 'could not extend file "base/1/2": No space left on device';
    end $$
"""


def test_a_full_disk_there_leaves_the_old_release_and_is_said(
    server: Server, database: str, behind: Behind, tmp_path: Path
) -> None:
    server.rows(FULL_DISK, database)
    server.rows(
        "create event trigger full_disk on ddl_command_end when tag in ('CREATE INDEX')"
        " execute function fill_disk()",
        database,
    )
    with pytest.raises(PostgresError) as failed:
        copy_release(tmp_path, behind.url)
    assert "could not index fct_cash: could not extend file" in failed.value.problems[0]
    assert "free space for two releases" in failed.value.problems[0]
    assert "is out in" in failed.value.problems[1]
    assert server.rows(WHOLE, database) == [(1, 1, 1, 1, 20_000, 300)]


def test_a_right_that_is_lacking_is_said(tmp_path: Path) -> None:
    make_release(tmp_path, 1)
    with running_server() as fresh:  # one where there is no collections_reader yet
        fresh.rows(f"create role weak login password '{PASSWORD}'")
        for lacking, grant in (
            ("create the schema collections_next: permission denied for database", "create on"),
            ("create the role collections_reader: permission denied", None),
        ):
            with pytest.raises(PostgresError, match=f"{lacking}.*docs/postgres.md lists"):
                copy_release(tmp_path, fresh.url(user="weak"))
            if grant:
                fresh.rows(f"grant {grant} database postgres to weak")
        fresh.rows("create role collections_reader")
        assert copy_release(tmp_path, fresh.url(user="weak")).is_new


WRONG = "wr0ng:pa@ss/word"


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ({"password": WRONG}, "password authentication failed"),
        ({"database": "nowhere", "password": PASSWORD}, 'database "nowhere" does not exist'),
        ({"user": "nobody", "password": WRONG}, 'failed for user "nobody"'),
    ],
)
def test_the_command_says_what_is_wrong_ends_with_3_and_keeps_the_password(
    server: Server, tmp_path: Path, login: dict[str, str], said: str
) -> None:
    release_id = make_release(tmp_path, 1)
    arguments = ["copy", "--home", str(tmp_path), "--to", server.url(**login)]
    command = "from orchestration.command_line import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", command, *arguments], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 3
    output = ended.stdout + ended.stderr
    assert said in output
    assert f"Release {release_id} is out in" in output
    for secret in (login["password"], target_of(arguments[-1]).url, "wr0ng", "Gr3at"):
        assert secret not in output


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    make_release(tmp_path, 1)
    with pytest.raises(PostgresError, match=r"127.0.0.1:1/x: .*Connection refused.*Check that"):
        copy_release(tmp_path, "postgresql://u:secret@127.0.0.1:1/x")


def test_a_password_may_hold_any_sign_that_does_not_end_it(server: Server) -> None:
    server.rows("create role odd login password 'p@ss%:w\"o''rd'")
    url = f"postgresql://odd:p@ss%:w\"o'rd@127.0.0.1:{server.port}/postgres"
    with connected(target_of(url).url) as session, session.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchall() == [("odd",)]
    with pytest.raises(adbc_driver_manager.Error):
        connected(url).__enter__()


@pytest.mark.soak
def test_a_run_releases_all_the_same_where_postgresql_fails_and_says_so(
    server: Server, database: str, sample_exports: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    failed = warehouse_run(sample_exports, home, "--to", server.url(database, password=WRONG))
    output = failed.stdout + failed.stderr
    assert failed.returncode == 3, output
    release_id = release_file(home).parent.name
    assert f"Release {release_id} is out in {home / 'published'} all the same" in output
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for secret in (WRONG, server.url(database, password=WRONG), "wr0ng"):
        assert secret not in output
        assert secret.encode() not in kept

    released(sample_exports, home, "--to", server.url(database))
    assert server.rows(SERVED, database) == [(release_file(home).parent.name,)]
    assert server.rows(SERVED, database) != [(release_id,)]
