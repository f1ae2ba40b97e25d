"""Copies the current release to PostgreSQL and swaps it in.

It is loaded beside the schema that is served and committed; then one transaction drops the old
schema and gives the new one its name. Killed at any moment, the old schema serves, and what was
loaded is cleared away by the next copy.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.postgres.tables import (
    Table,
    creation,
    indexing,
    tables_of,
    together,
)
from orchestration.postgres.target import PostgresError, Session, check_target, session, target_of
from orchestration.releases import release_file
from orchestration.sql_text import literal, quoted

SERVED, NEXT = "collections", "collections_next"
READER = "collections_reader"
ONE_AT_A_TIME = "select pg_try_advisory_lock(hashtext('collections'))"
MADE_HERE = "Release "

PATIENCE_SECONDS = 600
PAUSE_SECONDS = 0.5
# below PostgreSQL's deadlock_timeout of 1 s: whoever else waits is never the one that is ended
LOCK_MILLISECONDS = 500
NO_LOCK = ("57014", "55P03", "40P01")

SESSION = """
    select
        set_config('client_min_messages', 'warning', false),
        set_config('statement_timeout', '0', false),
        set_config('idle_in_transaction_session_timeout', '0', false),
        set_config('application_name', 'collections warehouse', false)
"""
OPEN_TRANSACTIONS = f"""
    select
        locks.virtualtransaction,
        format('session %s of %s', locks.pid, sessions.usename)
            || coalesce(' in ' || nullif(sessions.application_name, ''), ''),
        coalesce(bool_or(tables.relnamespace = to_regnamespace('{SERVED}')), false)
    from pg_locks as locks
    inner join pg_stat_activity as sessions on locks.pid = sessions.pid
    left join pg_class as tables on locks.relation = tables.oid
    where
        sessions.datname = current_database()
        and sessions.usename is not null
        and locks.pid <> pg_backend_pid()
    group by 1, 2
"""

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Copied:
    """A release that PostgreSQL serves; ``is_new`` is False where it did so before."""

    release_id: str
    place: str
    table_count: int
    row_count: int
    is_new: bool


@dataclass(frozen=True)
class OpenTransaction:
    """A transaction of another session in the same database."""

    transaction_id: str
    who: str
    is_reading: bool


def copy_release(
    home: Path,
    to: str,
    on_progress: Tell = lambda done, total, item: None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Copied:
    """Have PostgreSQL serve the release that ``home`` serves, in the schema ``collections``.

    ``to`` is a URL. Readers are waited for, at most ``patience_seconds``. Raises ``InputError``
    for a bad URL or a home without a release, else ``PostgresError``: what was served still is.
    """
    check_target(to)
    release_file(home)
    try:
        with session(target_of(to)) as postgres:
            postgres.run(SESSION, "set up the session")
            _wait_for_other_copies(postgres, patience_seconds)
            return _copy(release_file(home), postgres, on_progress, patience_seconds)
    except PostgresError as error:
        raise PostgresError(
            *error.problems,
            f"Release {release_file(home).parent.name} is out in {home / 'published'} all the same,"
            " and PostgreSQL serves what it served. Once that is mended, `warehouse copy` brings"
            " it there.",
        ) from None


def _copy(file: Path, postgres: Session, on_progress: Tell, patience_seconds: float) -> Copied:
    with closing(duckdb.connect(file, read_only=True)) as release:
        tables = tables_of(release)
        mark = _mark(file)
        is_new = _served_mark(postgres) != mark
        if is_new:
            _load(release, tables, mark, postgres, on_progress)
    if is_new:
        on_progress(len(tables), len(tables), "swapping it in")
        _swap(postgres, patience_seconds)
    return Copied(
        release_id=file.parent.name,
        place=f"{postgres.target.shown}, schema {SERVED}",
        table_count=len(tables),
        row_count=sum(table.row_count for table in tables),
        is_new=is_new,
    )


def _wait_for_other_copies(postgres: Session, patience_seconds: float) -> None:
    """Have the database to this session until it ends; asked for again and again, not waited for.

    A wait within the driver holds Python, and with it another copy in this process.
    """
    give_up_at = time.monotonic() + patience_seconds
    while postgres.run(ONE_AT_A_TIME, "wait for another copy to end") != [(True,)]:
        postgres.commit()
        if time.monotonic() > give_up_at:
            raise PostgresError(
                f"{postgres.target.shown}: another copy is at work there; wait for its end."
            )
        time.sleep(PAUSE_SECONDS)
    postgres.commit()


def _mark(file: Path) -> str:
    """Say which file a schema was copied from: another mark, another copy to make."""
    status = file.stat()
    return f"{MADE_HERE}{file.parent.name}, copied from {status.st_size}-{status.st_mtime_ns}"


def _served_mark(postgres: Session) -> str | None:
    """Return the mark of the schema served, None where there is none; refuse one of others."""
    rows = postgres.run(
        f"select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = '{SERVED}'",
        "look up what it serves",
    )
    if not rows:
        return None
    if not (rows[0][0] or "").startswith(MADE_HERE):
        raise PostgresError(
            f"{postgres.target.shown}: there is a schema {SERVED} that no release made; rename it"
            " or name another database, for a release would replace it."
        )
    return rows[0][0]


def _load(
    release: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    mark: str,
    postgres: Session,
    on_progress: Tell,
) -> None:
    """Fill the schema aside, and commit it: whole, checked, indexed, readable."""
    postgres.run(f"drop schema if exists {NEXT} cascade", "clear away what a killed copy left")
    postgres.run(f"create schema {NEXT}", f"create the schema {NEXT}")
    for number, table in enumerate(tables):
        on_progress(number, len(tables), table.name)
        postgres.run(creation(NEXT, table), f"create {table.name}")
        rows = release.sql(f"from main.{quoted(table.name)}").to_arrow_reader()
        postgres.fill(NEXT, table.name, rows)
        postgres.run(indexing(NEXT, table), f"index {table.name}")
    _check_counts(tables, postgres)
    if not postgres.run(f"select 1 from pg_roles where rolname = '{READER}'", "look up roles"):
        postgres.run(f"create role {READER}", f"create the role {READER}")
    ready = [
        f"grant usage on schema {NEXT} to {READER}",
        f"grant select on all tables in schema {NEXT} to {READER}",
        f"comment on schema {NEXT} is {literal(mark)}",
    ]
    postgres.run(together(ready), f"let {READER} read")
    postgres.commit()


def _check_counts(tables: Sequence[Table], postgres: Session) -> None:
    """Refuse to serve a table that did not get there whole."""
    counted = dict(
        postgres.run(
            " union all ".join(
                f"select {literal(table.name)}, count(*) from {NEXT}.{quoted(table.name)}"
                for table in tables
            ),
            "count what it took in",
        )
    )
    for table in tables:
        if counted[table.name] != table.row_count:
            raise PostgresError(
                f"{postgres.target.shown}: of the {table.row_count:,} rows of {table.name}"
                f" {counted[table.name]:,} got there."
            )


def _swap(postgres: Session, patience_seconds: float) -> None:
    """Put the schema aside in the place of the one served, once no reader is between the two.

    A transaction that began before the load was committed may hold a snapshot that would show
    the new tables empty, so all of those are waited for; as is everybody who reads the old ones.
    """
    before = {one.transaction_id for one in _open_transactions(postgres)}
    give_up_at = time.monotonic() + patience_seconds
    while True:
        others = _open_transactions(postgres)
        in_the_way = [one.who for one in others if one.transaction_id in before or one.is_reading]
        if not before.intersection(one.transaction_id for one in others) and _swapped(postgres):
            return
        if time.monotonic() > give_up_at:
            raise PostgresError(
                f"{postgres.target.shown}: for {patience_seconds:,.0f} seconds others kept a"
                f" transaction open: {', '.join(in_the_way) or 'one after the other'}. Have them"
                " end it (pg_terminate_backend ends a session)."
            )
        time.sleep(PAUSE_SECONDS)


def _open_transactions(postgres: Session) -> list[OpenTransaction]:
    rows = postgres.run(OPEN_TRANSACTIONS, "look up who reads")
    postgres.commit()
    return [OpenTransaction(*row) for row in rows]


def _swapped(postgres: Session) -> bool:
    """Swap at once, or say that somebody reads what would be dropped."""
    served = postgres.run(
        "select format('%I.%I', nspname, relname) from pg_class inner join pg_namespace"
        f" on relnamespace = pg_namespace.oid where nspname = '{SERVED}' and relkind = 'r'",
        "look up the tables served",
    )
    old = ", ".join(name for (name,) in served)
    try:
        if old:
            postgres.run(f"set local statement_timeout = {LOCK_MILLISECONDS}", "set a limit")
            postgres.run(f"lock table {old} in access exclusive mode", "lock the old tables")
            postgres.run("set local statement_timeout = 0", "lift the limit")
            postgres.run(together([f"drop table {old}", f"drop schema {SERVED}"]), "drop the old")
        postgres.run(f"alter schema {NEXT} rename to {SERVED}", "rename the new schema")
        postgres.commit()
    except PostgresError as error:
        postgres.roll_back()
        if error.sqlstate in NO_LOCK:
            return False
        raise
    return True
