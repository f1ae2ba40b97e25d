"""Audits a warehouse and, if it passes, puts its tables where BI tools read them.

A release is written beside the old one and takes its place with one atomic rename of a link, so
that a reader sees the old release or the new one, never a part of either.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from expectations.audit import AuditOutcome, audit
from orchestration.errors import RefusedError

DATABASE_NAME = "collections.duckdb"
# the oldest DuckDB whose clients can open a release
STORAGE_VERSION = "v1.2.0"
# the steps on the way, and what could not be read as it came: it may name people
KEPT_BACK = r"^(stg|int)_|^rejected_rows$"

RELEASE_TABLES = """
create table release.main.release (
    release_id varchar, released_at timestamp, as_of date, known_at date, run_id varchar,
    audit_outcome varchar, expectation_count bigint, warning_count bigint, row_count bigint
);
comment on table release.main.release is 'One row: this release.';
comment on column release.main.release.released_at is 'When it was written, in UTC.';
comment on column release.main.release.as_of is 'The day, to its end, that the figures describe.';
comment on column release.main.release.known_at is 'Exports after this day were not known yet.';
comment on column release.main.release.audit_outcome is 'passed or passed_with_warnings.';
comment on column release.main.release.row_count is 'Rows of all its tables together.';
create table release.main.release_tables (table_name varchar, row_count bigint);
comment on table release.main.release_tables is 'One row per table of this release.';
"""


@dataclass(frozen=True)
class Release:
    """A published release: where it is, the days it speaks of, and what the audit noted.

    ``row_counts`` are by table; ``warnings`` are sentences.
    """

    release_id: str
    path: Path
    report: Path
    as_of: date
    known_at: date
    row_counts: dict[str, int]
    warnings: tuple[str, ...]


def publish(
    home: Path,
    warehouse: Path,
    run_id: str,
    on_progress: Callable[[str], None] = lambda message: None,
) -> Release:
    """Audit the warehouse file and release it below ``home``.

    Writes ``home/reports/<run_id>/index.html`` in any case. Raises ``RefusedError``, with a
    sentence per critical expectation that failed, and leaves ``home/releases`` and
    ``home/published`` alone.
    """
    on_progress("auditing")
    # held open from the audit to the copy, so that nobody can change what was audited
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        outcome = audit(warehouse, home / "reports" / run_id, _published_database(home))
        if not outcome.is_passed:
            raise RefusedError([failure.sentence() for failure in outcome.failures])
        release_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{run_id[:8]}"
        on_progress(f"writing release {release_id}")
        partial = _empty_place(home / "releases", release_id)
        row_counts = _write_tables(connection, partial)
        as_of, known_at = connection.execute("select as_of, known_at from int_clock").fetchone()
        release = Release(
            release_id=release_id,
            path=partial.with_name(release_id),
            report=outcome.report,
            as_of=as_of,
            known_at=known_at,
            row_counts=row_counts,
            warnings=tuple(warning.sentence() for warning in outcome.warnings),
        )
        _write_release_tables(connection, partial, release, run_id, outcome)
        connection.execute("detach release")
    shutil.copytree(outcome.report.parent, partial / "audit")
    _flush_tree(partial)

    on_progress("swapping it in")
    partial.rename(release.path)
    _flush(release.path.parent)
    _point_published_at(home, release.path)
    return release


def _published_database(home: Path) -> Path | None:
    database = (home / "published" / DATABASE_NAME).resolve()
    return database if database.exists() else None


def _empty_place(releases: Path, release_id: str) -> Path:
    """Return a directory to write the release in; clear away what a killed run left behind."""
    for leftover in releases.glob(".*.partial"):
        shutil.rmtree(leftover)
    place = releases / f".{release_id}.partial"
    (place / "parquet").mkdir(parents=True)
    return place


def _write_tables(connection: duckdb.DuckDBPyConnection, place: Path) -> dict[str, int]:
    """Copy the released tables into ``place``, as DuckDB and Parquet; return their row counts."""
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        f"attach {_literal(place / DATABASE_NAME)} as release"
        f" (read_write, storage_version '{STORAGE_VERSION}')"
    )
    tables = connection.execute(
        """
        select table_name from information_schema.tables
        where
            table_catalog = current_database()
            and table_schema = 'main'
            and not regexp_matches(table_name, ?)
        order by table_name
        """,
        [KEPT_BACK],
    ).fetchall()
    row_counts = {}
    for (table,) in tables:
        connection.execute(f"create table release.main.{table} as from main.{table}")
        for comment in _comments(connection, table):
            connection.execute(comment)
        row_counts[table] = _write_parquet(connection, place, table)
    return row_counts


def _write_parquet(connection: duckdb.DuckDBPyConnection, place: Path, table: str) -> int:
    """Copy a table of the release to Parquet and return its row count."""
    file = place / "parquet" / f"{table}.parquet"
    (row_count,) = connection.execute(
        f"copy release.main.{table} to {_literal(file)} (format parquet)"
    ).fetchone()
    return row_count


def _comments(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    """Yield the statements that give a table of the release its comments."""
    comments = connection.execute(
        """
        select 'table', '', comment from duckdb_tables()
        where database_name = current_database() and table_name = $table
        union all
        select 'column', '.' || column_name, comment from duckdb_columns()
        where database_name = current_database() and table_name = $table
        """,
        {"table": table},
    ).fetchall()
    for kind, column, comment in comments:
        if comment is not None:
            yield f"comment on {kind} release.main.{table}{column} is {_literal(comment)}"


def _literal(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _write_release_tables(
    connection: duckdb.DuckDBPyConnection,
    place: Path,
    release: Release,
    run_id: str,
    outcome: AuditOutcome,
) -> None:
    """Add what the release says about itself."""
    connection.execute(RELEASE_TABLES)
    connection.execute(
        "insert into release.main.release values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            release.release_id,
            datetime.now(UTC).replace(tzinfo=None),
            release.as_of,
            release.known_at,
            run_id,
            "passed_with_warnings" if outcome.warnings else "passed",
            outcome.checks,
            len(outcome.warnings),
            sum(release.row_counts.values()),
        ],
    )
    connection.executemany(
        "insert into release.main.release_tables values (?, ?)", list(release.row_counts.items())
    )
    for table in ("release", "release_tables"):
        _write_parquet(connection, place, table)


def _flush_tree(directory: Path) -> None:
    """Make sure that a directory and all in it survives a power cut."""
    for path in [*directory.rglob("*"), directory]:
        _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _point_published_at(home: Path, release: Path) -> None:
    """Swap the link readers follow; the rename is atomic, so it is never missing."""
    link = home / ".published.partial"
    link.unlink(missing_ok=True)
    link.symlink_to(release.relative_to(home))
    link.replace(home / "published")
    _flush(home)
