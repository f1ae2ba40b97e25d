"""The contact queue of the release that is served, as a file for a dialler."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.sql_text import literal

FORMATS = {".csv": "(format csv, header)", ".parquet": "(format parquet)"}


def export_queue(
    release: Path, out: Path, channels: Sequence[str] = (), top: int | None = None
) -> int:
    """Write the queue to ``out`` and return its rows: of some channels, of them the first.

    The file is there as a whole or not at all, and readable by its owner alone. Raises
    ``InputError`` where it cannot be written, or the release has no such queue.
    """
    if out.suffix not in FORMATS:
        raise InputError(f"--out {out}: say whether it is .csv or .parquet.")
    with closing(duckdb.connect(release, read_only=True)) as connection:
        _check(connection, channels)
        rows = f"select * from contact_queue{_of(channels)} order by queue_position"
        if top is not None:
            rows += f" limit {top}"
        partial = out.with_name(f".{out.name}.partial")
        try:
            partial.unlink(missing_ok=True)
            partial.touch(mode=0o600)
            (count,) = connection.execute(
                f"copy ({rows}) to {literal(partial)} {FORMATS[out.suffix]}"
            ).fetchone()
            partial.chmod(0o600)
            partial.replace(out)
        except (OSError, duckdb.IOException) as error:
            raise InputError(f"--out {out}: that cannot be written: {error}") from None
        finally:
            if partial.parent.is_dir():
                partial.unlink(missing_ok=True)
    return count


def _check(connection: duckdb.DuckDBPyConnection, channels: Sequence[str]) -> None:
    if not connection.execute("from duckdb_tables() where table_name = 'contact_queue'").fetchall():
        raise InputError(
            "The release that is served has no contact queue: it is older than the queue. Use"
            " `warehouse run` to release one."
        )
    if not channels:
        return
    known = {
        channel
        for (channel,) in connection.execute(
            "select distinct recommended_channel from contact_queue order by 1"
        ).fetchall()
    }
    if unknown := [channel for channel in channels if channel not in known]:
        raise InputError(
            f"--channel {unknown[0]}: nobody in the queue is to be contacted there; its channels"
            f" are {', '.join(sorted(known)) or 'none'}."
        )


def _of(channels: Sequence[str]) -> str:
    if not channels:
        return ""
    return f" where recommended_channel in ({', '.join(map(literal, channels))})"
