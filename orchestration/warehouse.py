"""The raw layer of the warehouse file: what is loaded, what is pending, and loading it.

A file is identified by its system, kind, export day and name. The same content again loads
nothing; other content, or another mapping of it, replaces the file's rows.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from expectations.freshness import days_overdue
from orchestration.contract import IS_DELETED, bookkeeping, contract
from orchestration.declared_identifiers import use_secret
from orchestration.errors import InputError, TransientError, is_transient
from orchestration.exports import DayRange, Delivery, Found, read_content, size_and_time
from orchestration.filling import LoadedFile, arriving_table, fill, mapping_hash_of
from orchestration.folder import is_packed
from orchestration.identifiers import without_values
from orchestration.mapping import (
    header_problems,
)
from orchestration.plain_files import PlainFiles, plain_files
from orchestration.readers import land, read_header
from orchestration.readers.landing import unreadable_table
from orchestration.scanning import undeclared_identifiers
from orchestration.tombstones import Tombstones

Connection = duckdb.DuckDBPyConnection

# Where a row comes from: beside the kind's own columns in every raw table.
ORIGIN = {
    "source_system": "string",
    "file_name": "string",
    "file_hash": "string",
    "row_number": "bigint",
    "export_day": "date",
    "loaded_at": "timestamp",
}
# Small files are read together: a statement costs more than their rows.
MOST_FILES_TOGETHER = 500
MOST_BYTES_TOGETHER = 128 * 1024 * 1024
# What packing makes of text, by and large.
TIMES_PACKED = 10


def warehouse_path(home: Path) -> Path:
    """Return the path of the warehouse file."""
    return home / "warehouse.duckdb"


def open_warehouse(path: Path) -> Connection:
    """Open the warehouse file for writing, with every raw table and column there is to be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(path)
    except duckdb.IOException as error:
        if is_transient(error):
            raise TransientError(f"{path} is open in another program: {error}") from error
        raise
    # rows bear their numbers, so they may be written in any order; instants are written as UTC
    connection.execute("set preserve_insertion_order = false; set TimeZone = 'UTC'")
    with transaction(connection):
        _create_raw_tables(connection)
    return connection


def pending(
    connection: Connection,
    found: Found,
    days: DayRange | None = None,
    kinds: Collection[str] | None = None,
) -> list[Delivery]:
    """List the deliveries to be loaded, each with the kinds that have not got it as it is now.

    ``days`` and ``kinds`` (as "billing.customers") limit it. A file is read only where its size
    or time of change is not the one noted; where its content is still the same, they are noted.
    """
    deliveries, touched = [], []
    for delivery, notes in _unread(connection, found, days, kinds):
        content = read_content(delivery.path)
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


def read_headers(
    connection: Connection, plain: PlainFiles, deliveries: Sequence[Delivery]
) -> tuple[dict[Path, tuple[str, ...]], dict[Path, list[str]]]:
    """Read the headers of all deliveries, and say what keeps each from being what it should."""
    headers: dict[Path, tuple[str, ...]] = {}
    problems: dict[Path, list[str]] = {}
    for delivery in deliveries:
        try:
            with plain.opened([delivery], is_last=False) as (readable,):
                headers[delivery.path] = read_header(readable.path, delivery.spec)
        except InputError as error:
            problems[delivery.path] = error.problems
        except OSError as error:
            problems[delivery.path] = [f"cannot be read: {error}."]
    known = _known_columns(connection, deliveries, headers)
    for delivery in deliveries:
        if header := headers.get(delivery.path):
            problems[delivery.path] = _problems(header, known[_pattern(delivery)], delivery)
    return headers, {
        delivery.path: [f"{delivery.file_name} {problem}" for problem in problems[delivery.path]]
        for delivery in deliveries
    }


def unread(connection: Connection, found: Found) -> list[Delivery]:
    """List the deliveries whose size or time of change is not the one noted, unopened."""
    return [delivery for delivery, _ in _unread(connection, found)]


def load(
    connection: Connection,
    deliveries: Sequence[Delivery],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    tombstones: Tombstones | None = None,
    most_rows: int | None = None,
) -> list[LoadedFile]:
    """Load what ``pending`` lists, each file wholly or not at all; say what each gave each kind.

    Nothing is loaded where a header shows that its file cannot be what it should. A file that holds
    an identifier nobody declared is refused, and so is all that follows; what was loaded before
    stays. ``on_progress`` is told how many files are done, and of how many. ``most_rows`` makes a
    sample of each file.
    """
    return [
        file
        for group in load_by_group(connection, deliveries, on_progress, tombstones, most_rows)
        for file in group
    ]


def load_by_group(
    connection: Connection,
    deliveries: Sequence[Delivery],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    tombstones: Tombstones | None = None,
    most_rows: int | None = None,
) -> Iterator[list[LoadedFile]]:
    """Load as ``load`` does; yield what each group of files gave as soon as it is there to stay."""
    undeclared: list[str] = []
    done = 0
    with plain_files(connection) as plain:
        headers, found_wanting = read_headers(connection, plain, deliveries)
        if problems := [problem for of_file in found_wanting.values() for problem in of_file]:
            raise InputError(problems)
        use_secret(
            connection, {id(delivery.system): delivery.system for delivery in deliveries}.values()
        )
        for group in _groups(deliveries, headers):
            header = headers[group[0].path]
            yield _load_group(
                connection,
                plain,
                group,
                header,
                undeclared=undeclared,
                tombstones=tombstones,
                most_rows=most_rows,
            )
            done += len(group)
            on_progress(done, len(deliveries))
    if undeclared:
        raise InputError(undeclared)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Have all that is written on a connection happen, or nothing of it."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def newest_export_days(connection: Connection) -> dict[str, str]:
    """Return the newest export day loaded of every kind that was delivered, as ISO texts."""
    return dict(
        connection.execute(
            "select area || '.' || kind, max(export_day)::varchar from raw.files"
            " group by all order by all"
        ).fetchall()
    )


def overdue_kinds(connection: Connection) -> dict[str, int]:
    """Return by how many days kinds are overdue on the newest export day of all.

    By the longest they let wait of late; a kind of which too little has come is not judged.
    """
    files = "(select area || '.' || kind as kind, export_day from raw.files)"
    figures = days_overdue(files, "(select max(export_day) from raw.files)")
    return dict(
        connection.execute(
            f"select kind, observed from ({figures}) where is_usual_known and observed > 0"
        ).fetchall()
    )


@dataclass(frozen=True)
class _Note:
    """What raw.files says of a loaded file."""

    sha256: str
    size_and_time: tuple[int, int]


def _create_raw_tables(connection: Connection) -> None:
    """Create the raw tables and columns that are not there yet."""
    connection.execute("create schema if not exists raw")
    existing = set(
        connection.execute(
            "select 'raw.' || table_name, column_name from duckdb_columns()"
            " where schema_name = 'raw'"
        ).fetchall()
    )
    tables_there = {table for table, _ in existing}
    for table, columns in _raw_tables().items():
        declared = [f"{name} {data_type}" for name, data_type in columns.items()]
        if table not in tables_there:
            connection.execute(f"create table {table} ({', '.join(declared)})")
            continue
        for name, column in zip(columns, declared, strict=True):
            if (table, name) not in existing:
                connection.execute(f"alter table {table} add column {column}")


def _raw_tables() -> dict[str, dict[str, str]]:
    """All raw tables, with the types of their columns."""
    tables = {
        kind.table: dict.fromkeys([*(column.name for column in kind.columns), IS_DELETED], "string")
        | ORIGIN
        for kind in contract().values()
    }
    for table, columns in bookkeeping().items():
        tables[table] = {column.name: column.data_type for column in columns}
    return tables


def _noted_files(connection: Connection) -> dict[tuple, _Note]:
    rows = connection.execute(
        "select source_system, area || '.' || kind, export_day, file_name, mapping_hash,"
        " file_hash, size_bytes, modified_at_ns from raw.files"
    ).fetchall()
    return {row[:5]: _Note(row[5], row[6:]) for row in rows}


def _unread(
    connection: Connection,
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


def _pattern(delivery: Delivery) -> tuple[str, str]:
    return delivery.system.system, delivery.spec.path


def _known_columns(
    connection: Connection,
    deliveries: Sequence[Delivery],
    headers: dict[Path, tuple[str, ...]],
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the columns that files of a pattern ever had, those to be loaded among them."""
    known: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for delivery in deliveries:
        known[_pattern(delivery)].update(dict.fromkeys(headers.get(delivery.path, ())))
    loaded = connection.execute(
        "select distinct source_system, path_pattern, column_names from raw.files"
        " where column_names is not null"
    ).fetchall()
    for system, pattern, names in loaded:
        known[system, pattern].update(dict.fromkeys(json.loads(names)))
    return {pattern: tuple(columns) for pattern, columns in known.items()}


def _problems(header: tuple[str, ...], known: tuple[str, ...], delivery: Delivery) -> list[str]:
    names = [name.lower() for name in header]
    if twice := [name for name in header if names.count(name.lower()) > 1]:
        return [f"has several columns of one name: {', '.join(twice)}; rename all but one."]
    return [
        problem
        for kind in delivery.kinds
        for problem in header_problems(header, known, delivery.spec, contract()[kind])
    ]


def _groups(
    deliveries: Sequence[Delivery], headers: dict[Path, tuple[str, ...]]
) -> Iterator[list[Delivery]]:
    """Put together what can be read together: small files alike in settings and header."""
    alike: dict[tuple, list[Delivery]] = {}
    for delivery in deliveries:
        look = (id(delivery.spec), delivery.kinds, headers[delivery.path])
        alike.setdefault(look, []).append(delivery)
    for members in alike.values():
        group: list[Delivery] = []
        size_bytes = 0
        for delivery in members:
            size_of_one = _plain_bytes(delivery)
            size_bytes += size_of_one
            if group and (len(group) == MOST_FILES_TOGETHER or size_bytes > MOST_BYTES_TOGETHER):
                yield group
                group, size_bytes = [], size_of_one
            group.append(delivery)
        yield group


def _plain_bytes(delivery: Delivery) -> int:
    times = TIMES_PACKED if is_packed(delivery.file_name) else 1
    return delivery.size_and_time[0] * times


def _load_group(
    connection: Connection,
    plain: PlainFiles,
    group: Sequence[Delivery],
    header: tuple[str, ...],
    *,
    undeclared: list[str],
    tombstones: Tombstones | None,
    most_rows: int | None,
) -> list[LoadedFile]:
    """Load files in one transaction; where a value breaks an SQL expression, one by one.

    Undeclared identifiers are added to those found before; once there is one, nothing is loaded.
    """
    with plain.opened(group) as readable:
        landed = land(connection, readable, header, most_rows)
    _refuse_files_being_written(group)
    connection.register("arriving", arriving_table(readable, header))
    connection.register("unreadable", unreadable_table(landed.unreadable))
    try:
        undeclared += undeclared_identifiers(connection, readable, header, landed)
        if undeclared:
            return []
        with transaction(connection):
            return [
                file
                for kind in group[0].kinds
                for file in fill(connection, contract()[kind], readable, header, tombstones)
            ]
    except duckdb.DataError as error:
        if len(group) > 1:
            return [
                file
                for one in group
                for file in _load_group(
                    connection,
                    plain,
                    [one],
                    header,
                    undeclared=undeclared,
                    tombstones=tombstones,
                    most_rows=most_rows,
                )
            ]
        raise InputError(
            f"{group[0].file_name} has a value that an expression for it cannot take"
            f" (try_cast and try_strptime take any): {without_values(str(error))}"
        ) from None


def _refuse_files_being_written(group: Sequence[Delivery]) -> None:
    changed = [
        f"{delivery.file_name} changed while it was read; run again when it is complete."
        for delivery in group
        if delivery.size_and_time != size_and_time(delivery.path)
    ]
    if changed:
        raise TransientError(changed)
