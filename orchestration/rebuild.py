"""Puts the warehouse file aside, so that a run loads everything again from the exports."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.errors import InputError, is_transient
from orchestration.ingestion.exports import find_deliveries
from orchestration.retries import retried
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

Identity = tuple[str, date, str]
MOST_NAMED = 10


@dataclass(frozen=True)
class Aside:
    """A warehouse file put aside; ``is_needed`` where it may hold what the exports do not."""

    path: Path
    is_needed: bool


def set_aside(settings: Settings, is_loss_accepted: bool) -> Aside | None:
    """Move the warehouse file aside, where there is one.

    ``InputError`` where it has rows of files that the exports no longer have, unless their loss is
    accepted. A damaged file may not say which files it has; it is moved aside all the same, and
    the audit compares what comes of the exports with the release before.
    """
    if settings.is_about_the_past or settings.days:
        raise InputError(
            "--rebuild loads all there is; leave out --day, --from, --to, --as-of and --known-at."
        )
    if not settings.warehouse.exists():
        return None
    loaded = retried(lambda: _loaded_files(settings.warehouse))
    found = find_deliveries(Path(settings.exports), settings.systems).deliveries
    there = {(one.system.system, one.export_day, one.file_name) for one in found}
    gone = sorted(name for _, _, name in (loaded or set()) - there)
    if gone and not is_loss_accepted:
        more = f" and {len(gone) - MOST_NAMED} more" if gone[MOST_NAMED:] else ""
        raise InputError(
            f"{len(gone)} files the warehouse has rows of are not below {settings.exports} any"
            f" more: {', '.join(gone[:MOST_NAMED])}{more}. To load everything again would lose"
            " their rows. Put the files back, or add --lose-missing-files."
        )
    aside = settings.warehouse.with_suffix(".aside.duckdb")
    _log_of(aside).unlink(missing_ok=True)
    if (log := _log_of(settings.warehouse)).exists():
        log.replace(_log_of(aside))  # first: a new file must not find the log of the old one
    settings.warehouse.replace(aside)
    return Aside(aside, is_needed=loaded is None or bool(gone))


def delete(aside: Aside) -> None:
    """Delete a warehouse file that was put aside."""
    aside.path.unlink()
    _log_of(aside.path).unlink(missing_ok=True)


def _loaded_files(warehouse: Path) -> set[Identity] | None:
    """List the files the warehouse has rows of; None where it is too damaged to say."""
    try:
        with closing(open_warehouse(warehouse)) as connection:
            return set(
                connection.execute(
                    "select distinct source_system, export_day, file_name from raw.files"
                ).fetchall()
            )
    except duckdb.Error as error:
        if is_transient(error):
            raise
        return None


def _log_of(database: Path) -> Path:
    """Return DuckDB's log of what is not in the file yet."""
    return database.with_name(f"{database.name}.wal")
