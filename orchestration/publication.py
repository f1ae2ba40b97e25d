"""Audits a warehouse and, if it passes, puts its tables where BI tools read them.

A release is written beside the old one and takes its place with one atomic rename of a link, so
that a reader sees the old release or the new one, never a part of either.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from expectations.audit import AuditOutcome, audit
from expectations.overrides import Override, load_overrides, overrides_file
from orchestration.comparing.restatements import OWN_TABLES, write_restatements
from orchestration.errors import RefusedError
from orchestration.policies import policies, policy
from orchestration.release_files import attach_release, write_marts, write_parquet
from orchestration.releases import (
    DATABASE_NAME,
    RELEASES_KEPT,
    flush,
    new_release_id,
    prune,
    releases_of,
    serve,
    served_release,
)
from orchestration.runs import write_runs
from orchestration.seal import check_seal

RELEASE_TABLES = """
create table release.main.release (
    release_id varchar, released_at timestamp, as_of date, known_at date, run_id varchar,
    audit_outcome varchar, expectation_count bigint, warning_count bigint,
    override_count bigint, row_count bigint
);
comment on table release.main.release is 'One row: this release.';
comment on column release.main.release.released_at is 'When it was written, in UTC.';
comment on column release.main.release.as_of is 'The day, to its end, that the figures describe.';
comment on column release.main.release.known_at is 'Exports after this day were not known yet.';
comment on column release.main.release.audit_outcome is
    'passed, passed_with_warnings or passed_with_overrides.';
comment on column release.main.release.override_count is
    'Critical expectations that failed and were overridden: see release_overrides.';
comment on column release.main.release.row_count is 'Rows of all its tables together.';
create table release.main.release_tables (table_name varchar, row_count bigint);
comment on table release.main.release_tables is 'One row per table of this release.';
create table release.main.release_overrides (
    expectation varchar, says varchar, observed_count bigint, person varchar, reason varchar,
    expires_on date
);
comment on table release.main.release_overrides is
    'One row per critical expectation that failed and that a person let fail.';
comment on column release.main.release_overrides.says is 'What should hold and does not.';
comment on column release.main.release_overrides.observed_count is
    'Rows, or figures, that break it.';
comment on column release.main.release_overrides.expires_on is 'The last day of the override.';
create table release.main.release_policies (policy varchar, value varchar);
comment on table release.main.release_policies is
    'One row per policy this release was computed with, its value as JSON.';
"""


@dataclass(frozen=True)
class Release:
    """A published release: where it is, the days it speaks of, and what the audit noted.

    ``row_counts`` are by table; ``warnings`` and ``overridden`` are sentences of ``outcome``.
    """

    release_id: str
    path: Path
    report: Path
    as_of: date
    known_at: date
    row_counts: dict[str, int]
    warnings: tuple[str, ...]
    overridden: tuple[str, ...]
    outcome: AuditOutcome


def publish(
    home: Path,
    warehouse: Path,
    run_id: str,
    on_progress: Callable[[str], None] = lambda message: None,
    keep: int = RELEASES_KEPT,
) -> Release:
    """Audit the warehouse file and release it below ``home``, where the newest ``keep`` stay.

    Writes ``home/reports/<run_id>/index.html`` in any case. Raises ``RefusedError``, with a
    sentence per critical expectation that failed, and leaves ``home/releases`` and
    ``home/published`` alone; and so it does for a file that is not as a whole build left it.
    """
    on_progress("auditing")
    # held open from the seal to the copy, so that nobody can change what was audited
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        check_seal(warehouse)
        served = served_release(home)
        published = served and served / DATABASE_NAME
        outcome = _audit(home, warehouse, run_id, published)
        release_id = new_release_id(home, run_id)
        on_progress(f"writing release {release_id}")
        partial = _empty_place(home, release_id)
        with _removed_on_failure(partial):
            release = _write_release(
                connection, home, partial, run_id, outcome, published=published
            )

    on_progress("swapping it in")
    partial.rename(release.path)
    flush(release.path.parent)
    serve(home, release.path)
    prune(home, keep)
    return release


def _write_release(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    partial: Path,
    run_id: str,
    outcome: AuditOutcome,
    *,
    published: Path | None,
) -> Release:
    """Write a release into the directory ``partial`` so that it survives a power cut."""
    release_id = partial.name.removeprefix(".").removesuffix(".partial")
    attach_release(connection, partial / DATABASE_NAME)
    row_counts = write_marts(connection, partial / "parquet")
    as_of, known_at = connection.execute("select as_of, known_at from int_clock").fetchone()
    release = Release(
        release_id=release_id,
        path=partial.with_name(release_id),
        report=outcome.report,
        as_of=as_of,
        known_at=known_at,
        row_counts=row_counts,
        warnings=tuple(warning.sentence() for warning in outcome.warnings),
        overridden=tuple(overridden.sentence() for overridden in outcome.overridden),
        outcome=outcome,
    )
    _write_release_tables(connection, partial, release, run_id)
    write_runs(
        connection,
        home,
        run_id,
        release_id=release_id,
        as_of=str(as_of),
        known_at=str(known_at),
        rows_released=sum(row_counts.values()),
        warnings=len(release.warnings),
    )
    write_restatements(connection, published)
    for table in ("release_runs", *OWN_TABLES):
        write_parquet(connection, partial / "parquet", table)
    connection.execute("detach release")
    shutil.copytree(outcome.report.parent, partial / "audit")
    _flush_tree(partial)
    return release


@contextmanager
def _removed_on_failure(directory: Path) -> Iterator[None]:
    """Leave nothing half-done behind, which may also be what fills the disk."""
    try:
        yield
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _audit(home: Path, warehouse: Path, run_id: str, published: Path | None) -> AuditOutcome:
    """Audit with the overrides in force; raise ``RefusedError`` where it does not pass."""
    overrides = load_overrides(overrides_file(home))
    today = datetime.now(ZoneInfo(policy("business_time_zone"))).date()
    report_dir = home / "reports" / run_id
    with _removed_on_failure(report_dir):
        outcome = audit(
            warehouse,
            report_dir,
            published,
            overrides=[override for override in overrides if override.expires_on >= today],
        )
    if not outcome.is_passed:
        failed = {failure.check.name for failure in outcome.failures}
        raise RefusedError(
            [
                *(failure.sentence() for failure in outcome.failures),
                *_expired(overrides, failed),
            ],
            outcome,
        )
    return outcome


def _expired(overrides: Sequence[Override], failed: set[str]) -> list[str]:
    return [
        f"The override of {override.expectation} by {override.person} ended on"
        f" {override.expires_on}."
        for override in overrides
        if override.expectation in failed
    ]


def _empty_place(home: Path, release_id: str) -> Path:
    """Return a directory to write the release in; clear away what a killed run left behind."""
    for leftover in releases_of(home).glob(".*.partial"):
        shutil.rmtree(leftover)
    place = releases_of(home) / f".{release_id}.partial"
    (place / "parquet").mkdir(parents=True)
    return place


def _write_release_tables(
    connection: duckdb.DuckDBPyConnection,
    place: Path,
    release: Release,
    run_id: str,
) -> None:
    """Add what the release says about itself."""
    outcome = release.outcome
    connection.execute(RELEASE_TABLES)
    connection.execute(
        "insert into release.main.release values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            release.release_id,
            datetime.now(UTC).replace(tzinfo=None),
            release.as_of,
            release.known_at,
            run_id,
            _in_a_word(outcome),
            outcome.checks,
            len(outcome.warnings),
            len(outcome.overridden),
            sum(release.row_counts.values()),
        ],
    )
    rows_by_table = {
        "release_tables": list(release.row_counts.items()),
        "release_policies": [(name, json.dumps(value)) for name, value in policies().items()],
        "release_overrides": [
            (
                overridden.finding.check.name,
                overridden.finding.check.says,
                overridden.finding.observed_count,
                overridden.override.person,
                overridden.override.reason,
                overridden.override.expires_on,
            )
            for overridden in outcome.overridden
        ],
    }
    for table, rows in rows_by_table.items():
        if rows:
            places = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into release.main.{table} values ({places})", rows)
    for table in ("release", *rows_by_table):
        write_parquet(connection, place / "parquet", table)


def _in_a_word(outcome: AuditOutcome) -> str:
    if outcome.overridden:
        return "passed_with_overrides"
    return "passed_with_warnings" if outcome.warnings else "passed"


def _flush_tree(directory: Path) -> None:
    """Make sure that a directory and all in it survives a power cut."""
    for path in [*directory.rglob("*"), directory]:
        flush(path)
