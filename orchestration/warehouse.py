"""The raw layer of the warehouse file: what is loaded, what is pending, and loading it.

A file is identified by its system, kind, export day and name. The same content again loads
nothing; other content, or another mapping of it, replaces the file's rows.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import IS_DELETED, Kind, bookkeeping, contract
from orchestration.declared_identifiers import use_secret
from orchestration.errors import InputError, TransientError, is_transient
from orchestration.exports import DayRange, Delivery, Found, read_content, size_and_time
from orchestration.identifiers import masked_sql, without_values
from orchestration.mapping import (
    header_problems,
    shaped_rows,
    takes_all_as_it_is,
    unknown_columns,
)
from orchestration.readers import land, read_header
from orchestration.readers.landing import unreadable_table
from orchestration.scanning import undeclared_identifiers
from orchestration.sources import mapping_hash

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
MOST_BYTES_TOGETHER = 32 * 1024 * 1024


@dataclass(frozen=True)
class LoadedFile:
    """What one file gave one kind; ``rows_in`` = ``rows_loaded`` + ``rows_rejected``."""

    area: str
    kind: str
    system: str
    export_day: date
    file_name: str
    rows_in: int
    rows_loaded: int
    rows_rejected: int
    unknown_columns: tuple[str, ...]


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
    with _transaction(connection):
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
    noted = _noted_files(connection)
    deliveries, touched = [], []
    for delivery in found.deliveries:
        if days is not None and delivery.export_day not in days:
            continue
        notes = {
            kind: noted.get((*_identity(delivery, kind), _mapping_hash(delivery, kind)))
            for kind in delivery.kinds
            if kinds is None or kind in kinds
        }
        if all(note and note.size_and_time == delivery.size_and_time for note in notes.values()):
            continue
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


def check(deliveries: Sequence[Delivery]) -> None:
    """Read the headers of all deliveries; raise ``InputError`` with every problem they have."""
    _headers(deliveries)


def load(
    connection: Connection,
    deliveries: Sequence[Delivery],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[LoadedFile]:
    """Load what ``pending`` lists, each file wholly or not at all; say what each gave each kind.

    Nothing is loaded where ``check`` finds a problem. A file that holds an identifier nobody
    declared is refused, and so is all that follows; what was loaded before stays. ``on_progress``
    is told how many files are done, and of how many.
    """
    return [file for group in load_by_group(connection, deliveries, on_progress) for file in group]


def load_by_group(
    connection: Connection,
    deliveries: Sequence[Delivery],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[list[LoadedFile]]:
    """Load as ``load`` does; yield what each group of files gave as soon as it is there to stay."""
    headers = _headers(deliveries)
    use_secret(
        connection, {id(delivery.system): delivery.system for delivery in deliveries}.values()
    )
    undeclared: list[str] = []
    done = 0
    for group in _groups(deliveries, headers):
        yield _load_group(connection, group, headers[group[0].path], undeclared)
        done += len(group)
        on_progress(done, len(deliveries))
    if undeclared:
        raise InputError(undeclared)


def newest_export_days(connection: Connection) -> dict[str, str]:
    """Return the newest export day loaded of every kind that was delivered, as ISO texts."""
    return dict(
        connection.execute(
            "select area || '.' || kind, max(export_day)::varchar from raw.files"
            " group by all order by all"
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


def _identity(delivery: Delivery, kind: str) -> tuple[str, str, date, str]:
    return delivery.system.system, kind, delivery.export_day, delivery.file_name


def _mapping_hash(delivery: Delivery, kind: str) -> str:
    return mapping_hash(delivery.system, delivery.spec, contract()[kind])


def _headers(deliveries: Sequence[Delivery]) -> dict[Path, tuple[str, ...]]:
    headers, problems = {}, []
    for delivery in deliveries:
        try:
            headers[delivery.path] = read_header(delivery.path, delivery.spec)
            found = _problems(headers[delivery.path], delivery)
        except InputError as error:
            found = error.problems
        except OSError as error:
            found = [f"cannot be read: {error}."]
        problems += [f"{delivery.file_name} {problem}" for problem in found]
    if problems:
        raise InputError(problems)
    return headers


def _problems(header: tuple[str, ...], delivery: Delivery) -> list[str]:
    names = [name.lower() for name in header]
    if twice := [name for name in header if names.count(name.lower()) > 1]:
        return [f"has several columns of one name: {', '.join(twice)}; rename all but one."]
    return [
        problem
        for kind in delivery.kinds
        for problem in header_problems(header, delivery.spec, contract()[kind])
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
            size_bytes += delivery.size_and_time[0]
            if group and (len(group) == MOST_FILES_TOGETHER or size_bytes > MOST_BYTES_TOGETHER):
                yield group
                group, size_bytes = [], delivery.size_and_time[0]
            group.append(delivery)
        yield group


def _load_group(
    connection: Connection,
    group: Sequence[Delivery],
    header: tuple[str, ...],
    undeclared: list[str],
) -> list[LoadedFile]:
    """Load files in one transaction; where a value breaks an SQL expression, one by one.

    Undeclared identifiers are added to those found before; once there is one, nothing is loaded.
    """
    unreadable = land(connection, group, header)
    _refuse_files_being_written(group)
    connection.register("arriving", _arriving(group))
    connection.register("unreadable", unreadable_table(unreadable))
    try:
        undeclared += undeclared_identifiers(connection, group, header)
        if undeclared:
            return []
        with _transaction(connection):
            return [
                file
                for kind in group[0].kinds
                for file in _fill(connection, contract()[kind], group, header)
            ]
    except duckdb.DataError as error:
        if len(group) > 1:
            return [
                file for one in group for file in _load_group(connection, [one], header, undeclared)
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


def _fill(
    connection: Connection, kind: Kind, group: Sequence[Delivery], header: tuple[str, ...]
) -> list[LoadedFile]:
    """Replace what the files gave a kind by what ``landing`` and ``unreadable`` hold."""
    _forget(connection, kind)
    has_nul = any(delivery.content.has_nul for delivery in group)
    of_file = (header, group[0].system, group[0].spec, kind)
    rows = shaped_rows(*of_file, has_nul)
    # a line that cannot be read has no columns to tell which of it the kind takes
    line = masked_sql("line_text") if takes_all_as_it_is(*of_file) else "cast(null as varchar)"
    origin = "source_system, file_name, file_hash, export_day, loaded_at"
    of_kind = f"'{kind.area}' as area, '{kind.name}' as kind"
    inserted = connection.execute(f"""
        insert into {kind.table} by name
        select {origin}, rows.* exclude (path, problem, line_text)
        from ({rows}) as rows inner join arriving using (path)
        where problem is null
    """).fetchone()[0]
    if inserted < connection.execute("select count(*) from landing").fetchone()[0]:
        connection.execute(f"""
            insert into raw.rejected_rows by name
            select {of_kind}, {origin}, row_number, unnest(problem), line_text
            from ({rows}) as rows inner join arriving using (path)
            where problem is not null
        """)
    connection.execute(f"""
        insert into raw.rejected_rows by name
        select {of_kind}, {origin}, unreadable.* exclude (path) replace ({line} as line_text)
        from unreadable inner join arriving using (path)
    """)
    noted = connection.execute(f"""
        insert into raw.files by name
        with records as (
            select path, count(*) as rows_in
            from (select "#path" as path from landing union all select path from unreadable)
            group by all
        ),
        rejected as (
            select source_system, export_day, file_name, count(*) as rows_rejected
            from raw.rejected_rows
            where area = '{kind.area}' and kind = '{kind.name}'
            group by all
        )
        select
            arriving.* exclude (path), {of_kind},
            '{_mapping_hash(group[0], kind.id)}' as mapping_hash,
            coalesce(rows_in, 0) as rows_in,
            coalesce(rows_rejected, 0) as rows_rejected,
            coalesce(rows_in, 0) - coalesce(rows_rejected, 0) as rows_loaded
        from arriving
        left join records using (path)
        left join rejected using (source_system, export_day, file_name)
        returning source_system, export_day, file_name, rows_in, rows_loaded, rows_rejected
    """).fetchall()
    if sum(rows_loaded for *_, rows_loaded, _ in noted) != inserted:
        raise RuntimeError(f"{kind.id}: {inserted} rows were loaded and not those of {noted}")
    unknown = unknown_columns(header, group[0].spec, kind)
    return [LoadedFile(kind.area, kind.name, *file, unknown) for file in noted]


def _forget(connection: Connection, kind: Kind) -> None:
    """Delete what the files in ``arriving`` once gave the kind."""
    identity = "source_system, export_day, file_name"
    of_kind = f"area = '{kind.area}' and kind = '{kind.name}'"
    arriving = f"({identity}) in (select ({identity}) from arriving)"
    known = connection.execute(f"delete from raw.files where {of_kind} and {arriving}").fetchone()[
        0
    ]
    if known:
        connection.execute(f"delete from raw.rejected_rows where {of_kind} and {arriving}")
        connection.execute(f"delete from {kind.table} where {arriving}")


def _arriving(group: Sequence[Delivery]) -> pa.Table:
    now = datetime.now(UTC).replace(tzinfo=None)
    columns = {
        "path": pa.array([str(delivery.path) for delivery in group], pa.string()),
        "source_system": [delivery.system.system for delivery in group],
        "export_day": [delivery.export_day for delivery in group],
        "file_name": [delivery.file_name for delivery in group],
        "file_hash": [delivery.content.sha256 for delivery in group],
        "size_bytes": [delivery.size_and_time[0] for delivery in group],
        "modified_at_ns": [delivery.size_and_time[1] for delivery in group],
        "is_full": [delivery.spec.delivery == "full" for delivery in group],
        "loaded_at": [now for _ in group],
    }
    return pa.table(columns)


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
