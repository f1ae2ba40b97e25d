"""What the tables of a release are in PostgreSQL: types, keys, indexes, comments."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import yaml

from orchestration.contract import DBT_PROJECT
from orchestration.postgres.target import PostgresError
from orchestration.sql_text import literal, quoted

TYPES = {
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38, 0)",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")

# what the release says of itself; all other keys are those the tests of dbt declare
OWN_KEYS = {
    "release": ("release_id",),
    "release_tables": ("table_name",),
    "release_policies": ("policy",),
}
# what dashboards ask for; `kpi_<id>` and facts are indexed by rule
INDEXES = {
    "kpi_values": (("kpi_id", "period_grain", "dimension", "period_start"),),
    "kpi_cells": (("kpi_id", "calendar_date"),),
}

Key = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column, its type as PostgreSQL calls it."""

    name: str
    data_type: str
    comment: str | None


@dataclass(frozen=True)
class Table:
    """A table of a release; ``key`` is empty where nothing tells its rows apart."""

    name: str
    comment: str | None
    columns: tuple[Column, ...]
    row_count: int
    key: Key
    indexes: tuple[Key, ...]


def tables_of(release: duckdb.DuckDBPyConnection) -> list[Table]:
    """Describe the tables of a release, by name; ``PostgresError`` for a type it has none for."""
    keys = {**declared_keys(), **OWN_KEYS}
    joined = {key[0] for key in keys.values() if key[0].endswith("_id")}
    comments = release.execute(
        "select table_name, comment from duckdb_tables() where not internal order by table_name"
    ).fetchall()
    tables = []
    for name, comment in comments:
        columns = _columns(release, name)
        key = keys.get(name, ())
        row_count, is_key = _counted(release, name, key, {column.name for column in columns})
        key = key if is_key else ()
        indexes = INDEXES.get(name) or _indexes(name, columns, joined, key)
        tables.append(Table(name, comment, columns, row_count, key, tuple(indexes)))
    return tables


def declared_keys() -> dict[str, Key]:
    """Return, by model and seed, the columns that are tested to tell its rows apart."""
    paths = [*DBT_PROJECT.glob("models/marts/**/*.yml"), *DBT_PROJECT.glob("seeds/*.yml")]
    keys = {}
    for path in paths:
        declared = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)
        for model in (*declared.get("models", ()), *declared.get("seeds", ())):
            if key := next(_tested_keys(model), None):
                keys[model["name"]] = key
    return keys


def _tested_keys(model: Mapping) -> Iterator[Key]:
    for column in model.get("columns", ()):
        if "unique" in column.get("data_tests", ()):
            yield (column["name"],)
    for test in model.get("data_tests", ()):
        if "unique_combination" in test:
            yield tuple(test["unique_combination"]["arguments"]["columns"])


def _columns(release: duckdb.DuckDBPyConnection, table: str) -> tuple[Column, ...]:
    rows = release.execute(
        "select column_name, data_type, comment from duckdb_columns()"
        " where table_name = ? and not internal order by column_index",
        [table],
    ).fetchall()
    return tuple(
        Column(name, _type(table, name, data_type), comment) for name, data_type, comment in rows
    )


def _type(table: str, column: str, data_type: str) -> str:
    if decimal := DECIMAL.fullmatch(data_type):
        return f"numeric({decimal[1]}, {decimal[2]})"
    if data_type not in TYPES:
        raise PostgresError(
            f"{table}.{column}: no type of PostgreSQL is set for {data_type}. Cast it in the model"
            f" to one of {', '.join(TYPES)} or DECIMAL, or add {data_type} to TYPES in"
            " orchestration/postgres/tables.py."
        )
    return TYPES[data_type]


def _counted(
    release: duckdb.DuckDBPyConnection, table: str, key: Key, columns: Collection[str]
) -> tuple[int, bool]:
    """Count the rows, and say whether the key can be a primary key: no NULL in it."""
    if not columns.issuperset(key):
        key = ()  # an earlier release, of other columns
    missing = " or ".join(f"{quoted(column)} is null" for column in key) or "true"
    [(row_count, incomplete_count)] = release.execute(
        f"select count(*), count(*) filter (where {missing}) from main.{quoted(table)}"
    ).fetchall()
    return row_count, bool(key) and incomplete_count == 0


def _indexes(
    table: str, columns: Sequence[Column], joined: Collection[str], key: Key
) -> Iterator[Key]:
    """Index the rows of a KPI by their day; a fact by its first day and all it is joined by."""
    names = [column.name for column in columns]
    if table.startswith("kpi_") and "kpi_date" in names:
        yield ("kpi_date",)
    if table.startswith("fct_"):
        days = [name for name in names if name.endswith("_date")]
        for name in [*days[:1], *(name for name in names if name in joined)]:
            if name not in key[:1]:
                yield (name,)


def creation(schema: str, table: Table) -> str:
    """Return one statement that makes a table, empty, with its comments."""
    place = f"{schema}.{quoted(table.name)}"
    columns = ", ".join(f"{quoted(column.name)} {column.data_type}" for column in table.columns)
    comments = [(f"table {place}", table.comment)] + [
        (f"column {place}.{quoted(column.name)}", column.comment) for column in table.columns
    ]
    return together(
        [
            f"create table {place} ({columns})",
            *(
                f"comment on {thing} is {literal(comment)}"
                for thing, comment in comments
                if comment
            ),
        ]
    )


def indexing(schema: str, table: Table) -> str:
    """Return one statement that gives a filled table its key, indexes and statistics."""
    place = f"{schema}.{quoted(table.name)}"
    key = [f"alter table {place} add primary key ({_list(table.key)})"] if table.key else []
    indexes = [f"create index on {place} ({_list(columns)})" for columns in table.indexes]
    return together([*key, *indexes, f"analyze {place}"])


def together(statements: Sequence[str]) -> str:
    """Make one statement of several: one round trip, however far the server is."""
    return f"do $together$ begin {'; '.join(statements)}; end $together$"


def _list(columns: Key) -> str:
    return ", ".join(map(quoted, columns))
