"""Which deliveries are to be loaded: what is new, or not as it was when it was loaded.

A file is identified by its system, kind, export day and name. The same content again loads
nothing; other content, or another mapping of it, replaces the file's rows.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from orchestration.ingestion.exports import Content, DayRange, Delivery, Found, read_content
from orchestration.ingestion.filling import mapping_hash_of


@dataclass(frozen=True)
class _Note:
    """What raw.files says of a loaded file."""

    sha256: str
    size_and_time: tuple[int, int]


def pending(
    connection: duckdb.DuckDBPyConnection,
    found: Found,
    days: DayRange | None = None,
    kinds: Collection[str] | None = None,
) -> list[Delivery]:
    """List the deliveries to be loaded, each with the kinds that have not got it as it is now.

    ``days`` and ``kinds`` (as "billing.customers") limit it. A file is read only where its size
    or time of change is not the one noted; where its content is still the same, they are noted.
    """
    candidates = list(_unread(connection, found, days, kinds))
    deliveries, touched = [], []
    for (delivery, notes), content in zip(candidates, _contents(candidates), strict=True):
        same = [kind for kind, note in notes.items() if note and note.sha256 == content.sha256]
        touched += [(*delivery.size_and_time, *_identity(delivery, kind)) for kind in same]
        if changed := tuple(kind for kind in notes if kind not in same):
            deliveries.append(replace(delivery, kinds=changed, content=content))
    if touched:
        connection.executemany(
            "update raw.files set size_bytes = ?, modified_at_ns = ?"
            " where source_system = ? and area || '.' || kind = ?"
            " and export_day = ? and file_name = ?",
            touched,
        )
    return deliveries


def unread(connection: duckdb.DuckDBPyConnection, found: Found) -> list[Delivery]:
    """List the deliveries whose size or time of change is not the one noted, unopened."""
    return [delivery for delivery, _ in _unread(connection, found)]


def _contents(candidates: Sequence[tuple[Delivery, dict[str, _Note | None]]]) -> Iterator[Content]:
    """Read files side by side: hashing them lets go of the interpreter."""
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda one: read_content(one[0].path), candidates)


def _noted_files(connection: duckdb.DuckDBPyConnection) -> dict[tuple, _Note]:
    rows = connection.execute(
        "select source_system, area || '.' || kind, export_day, file_name, mapping_hash,"
        " file_hash, size_bytes, modified_at_ns from raw.files"
    ).fetchall()
    return {row[:5]: _Note(row[5], row[6:]) for row in rows}


def _unread(
    connection: duckdb.DuckDBPyConnection,
    found: Found,
    days: DayRange | None = None,
    kinds: Collection[str] | None = None,
) -> Iterator[tuple[Delivery, dict[str, _Note | None]]]:
    """Give the deliveries that may have to be loaded, with what is noted of them by kind."""
    noted = _noted_files(connection)
    for delivery in found.deliveries:
        if days is not None and delivery.export_day not in days:
            continue
        notes = {
            kind: noted.get((*_identity(delivery, kind), mapping_hash_of(delivery, kind)))
            for kind in delivery.kinds
            if kinds is None or kind in kinds
        }
        if not all(
            note and note.size_and_time == delivery.size_and_time for note in notes.values()
        ):
            yield delivery, notes


def _identity(delivery: Delivery, kind: str) -> tuple[str, str, date, str]:
    return delivery.system.system, kind, delivery.export_day, delivery.file_name
