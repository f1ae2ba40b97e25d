"""Writes the tables of a release: one DuckDB file, and each table as Parquet beside it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.sql_text import literal

# the oldest DuckDB whose clients can open a release
STORAGE_VERSION = "v1.2.0"
# the steps on the way, and what could not be read as it came: it may name people
KEPT_BACK = r"^(stg|int)_|^rejected_rows$"


def attach_release(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Attach a new file to a warehouse's connection, as ``release``."""
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        f"attach {literal(database)} as release (read_write, storage_version '{STORAGE_VERSION}')"
    )


def write_marts(connection: duckdb.DuckDBPyConnection, parquet: Path) -> dict[str, int]:
    """Copy the released tables of the warehouse, with comments; return their row counts."""
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
        row_counts[table] = write_parquet(connection, parquet, table)
    for comment in _comments(connection, list(row_counts)):
        connection.execute(comment)
    return row_counts


def write_parquet(connection: duckdb.DuckDBPyConnection, parquet: Path, table: str) -> int:
    """Copy a table of the release to Parquet and return its row count."""
    file = parquet / f"{table}.parquet"
    (row_count,) = connection.execute(
        f"copy release.main.{table} to {literal(file)} (format parquet)"
    ).fetchone()
    return row_count


def _comments(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> Iterator[str]:
    """Yield the statements that give the tables of the release their comments."""
    comments = connection.execute(
        """
        select 'table', table_name, comment from duckdb_tables()
        where
            database_name = current_database()
            and list_contains($tables, table_name)
            and comment is not null
        union all
        select 'column', table_name || '.' || column_name, comment from duckdb_columns()
        where
            database_name = current_database()
            and list_contains($tables, table_name)
            and comment is not null
        """,
        {"tables": tables},
    ).fetchall()
    for kind, commented, comment in comments:
        yield f"comment on {kind} release.main.{commented} is {literal(comment)}"
