"""The tables a cluster has built, as Parquet and in the warehouse file.

There they have the columns, types and comments that DuckDB would have given them: those of the
same models built on DuckDB from no rows.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.spark.place import Storage
from orchestration.sql_text import literal, quoted
from orchestration.warehouse import transaction

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# jobs of the cluster at a time: a table may be too small to keep it busy
TABLES_AT_A_TIME = 4
WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


class TableError(Exception):
    """A table came back in a type that the warehouse file's cannot hold exactly."""


def tables_of(shapes: Path) -> set[str]:
    """Name what DuckDB keeps as tables; what it has as views it reads anew."""
    with closing(duckdb.connect(shapes, read_only=True)) as connection:
        rows = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'main'"
        ).fetchall()
    return {name for (name,) in rows}


def write_built_tables(session: "SparkSession", tables: Sequence[str], storage: Storage) -> None:
    """Have the cluster write tables into a directory each, whatever it keeps them in."""

    def write(table: str) -> None:
        place = storage.below(table).uri
        session.table(f"main.{table}").write.mode("overwrite").parquet(place)

    with ThreadPoolExecutor(TABLES_AT_A_TIME) as pool:
        list(pool.map(write, tables))


def take_in(warehouse: Path, shapes: Path, tables: Sequence[str], storage: Storage) -> None:
    """Put what was written into the warehouse file, all of it or none.

    ``shapes`` is a warehouse file built from no rows. Raises ``TableError`` where a value might
    be rounded.
    """
    with closing(duckdb.connect(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute(f"attach {literal(shapes)} as shapes (read_only)")
        with transaction(connection):
            for table in tables:
                _take_in_table(connection, table, storage.path / table)
            for (view,) in connection.execute(
                "select sql from duckdb_views() where database_name = 'shapes' and not internal"
            ).fetchall():
                connection.execute(view.replace("CREATE VIEW", "create or replace view", 1))


def _take_in_table(connection: duckdb.DuckDBPyConnection, table: str, directory: Path) -> None:
    rows = f"read_parquet({literal(directory / '*.parquet')})"
    columns = _types(connection, f"shapes.main.{table}")
    came_as = _types(connection, rows)
    for name, data_type in columns.items():
        if not _holds(data_type, came_as[name]):
            raise TableError(
                f"{table}.{name} came back from Spark as {came_as[name]} and is {data_type} on"
                " DuckDB: cast it in its model, so that both engines say the same."
            )
    names = ", ".join(map(quoted, columns))
    connection.execute(
        f"create or replace table main.{table} as from shapes.main.{table} where false"
    )
    connection.execute(f"insert into main.{table} select {names} from {rows}")
    for place, comment in connection.execute(
        "select 'table main.' || table_name, comment from duckdb_tables()"
        " where database_name = 'shapes' and table_name = $table and comment is not null"
        " union all"
        """ select 'column main.' || table_name || '."' || column_name || '"', comment"""
        " from duckdb_columns()"
        " where database_name = 'shapes' and table_name = $table and comment is not null",
        {"table": table},
    ).fetchall():
        connection.execute(f"comment on {place} is {literal(comment)}")


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> Mapping[str, str]:
    described = connection.execute(f"describe from {relation}").fetchall()
    return {name: data_type for name, data_type, *_ in described}


def _holds(data_type: str, other: str) -> bool:
    """Whether a type holds every value of another, or says so where it does not."""
    return data_type == other or (
        None not in (_scale(data_type), _scale(other)) and _scale(data_type) >= _scale(other)
    )


def _scale(data_type: str) -> int | None:
    """Return the digits behind the point of an exact number, None for what is none."""
    if data_type in WHOLE_NUMBERS:
        return 0
    if data_type.startswith("DECIMAL"):
        return int(data_type.removesuffix(")").split(",")[1])
    return None
