"""The raw tables as Parquet, for the cluster to read."""

from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.spark.place import Storage
from orchestration.sql_text import literal

# Spark reads a file in parts, and files side by side
FILE_SIZE = "256MB"


def write_raw_tables(warehouse: Path, storage: Storage) -> None:
    """Write every raw table, and the time zones that DuckDB knows, into a directory each."""
    with closing(duckdb.connect(warehouse, read_only=True)) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
        relations = {name: f"raw.{name}" for (name,) in tables}
        relations["time_zones"] = "(select name from pg_timezone_names())"
        for name, relation in relations.items():
            connection.execute(
                f"copy (from {relation}) to {literal(storage.path / name)}"
                f" (format parquet, file_size_bytes '{FILE_SIZE}')"
            )
