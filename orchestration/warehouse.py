"""The warehouse file and its raw tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from expectations.freshness import days_overdue
from orchestration.contract import IS_DELETED, contract, own_tables
from orchestration.errors import TransientError, is_transient

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
    for table, columns in (own_tables("ingestion") | own_tables("insight")).items():
        tables[table] = {column.name: column.data_type for column in columns}
    return tables
