"""Parquet: DuckDB reads it; every value becomes the text it stands for.

Structs are dotted columns, lists and maps JSON text. The number of a row is its position.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.landing import (
    Unreadable,
    create_landed,
    in_order,
    name_columns,
)
from orchestration.privacy.identifiers import without_values
from orchestration.sql_text import literal, quoted

Type = duckdb.sqltypes.DuckDBPyType
# Beyond, not every whole number is a double, and its digits are not those that were meant.
WHOLE_DOUBLES = 2**53
PLAIN_IN_JSON = ("boolean", "decimal", "integer", "bigint", "smallint", "tinyint", "hugeint")
PLAIN_IN_JSON += ("uinteger", "ubigint", "usmallint", "utinyint", "uhugeint")


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Name the columns, those of structs by their dotted paths."""
    with duckdb.connect() as connection:
        return name_columns([name for name, _, _ in _values(connection, path)])


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the rows of the files."""
    create_landed(connection, header)
    for delivery in deliveries:
        texts = [
            _text(value, data_type) for _, value, data_type in _values(connection, delivery.path)
        ]
        rows = (
            f"select {', '.join(texts)}, {literal(delivery.path)}, file_row_number + 1"
            f" from {_read(delivery.path)}"
        )
        try:
            with in_order(connection):
                connection.execute(f"insert into landed {rows}")
        except duckdb.Error as error:
            raise _unreadable(delivery.path, error, f"{delivery.file_name} ") from None
    return []


def _read(path: Path) -> str:
    # a list of one file is no pattern of many: * and [ stand for themselves
    escaped = str(path).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    return f"read_parquet({literal(escaped)}, file_row_number = true)"


def _values(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str, Type]]:
    """List the columns of a file: the name, the SQL of the value and its type."""
    try:
        relation = connection.sql(f"from {_read(path)}")
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    columns = zip(relation.columns, relation.types, strict=True)
    return [
        leaf
        for name, data_type in columns
        if name != "file_row_number"
        for leaf in _leaves(name, quoted(name), data_type)
    ]


def _unreadable(path: Path, error: duckdb.Error, file_name: str = "") -> InputError:
    problem = without_values(str(error).replace(str(path), "it"))
    return InputError(f"{file_name}cannot be read as Parquet: {problem}.")


def _leaves(name: str, value: str, data_type: Type) -> Iterator[tuple[str, str, Type]]:
    if data_type.id != "struct":
        yield name, value, data_type
        return
    for member, inner in data_type.children:
        yield from _leaves(f"{name}.{member}", _member(value, member), inner)


def _member(value: str, name: str) -> str:
    return f"struct_extract({value}, {literal(name)})"


def _text(value: str, data_type: Type) -> str:
    """Write a value as text in SQL."""
    match data_type.id:
        case "timestamp with time zone":
            # whatever zone the session has
            return f"cast({value} at time zone 'UTC' as varchar) || '+00'"
        case "double" | "float":
            is_whole = f"{value} = trunc({value}) and abs({value}) <= {WHOLE_DOUBLES}"
            whole = f"cast(cast({value} as bigint) as varchar)"
            return f"case when {is_whole} then {whole} else cast({value} as varchar) end"
        case "blob":
            # many writers do not say that their bytes are text
            return f"coalesce(try(decode({value})), cast({value} as varchar))"
        case "list" | "map" | "array":
            return _json(value, data_type)
    return f"cast({value} as varchar)"


def _json(value: str, data_type: Type, depth: int = 0) -> str:
    """Write a value as JSON text in SQL, its decimals with all their digits; NULL where it is."""
    item = f"item_{depth}"
    match data_type.id:
        case "list" | "array":
            inner = _json(item, data_type.children[0][1], depth + 1)
            return _listed("[", value, item, inner, "]")
        case "map":
            (_, key), (_, inner) = data_type.children
            name = f"cast(to_json({_text(_member(item, 'key'), key)}) as varchar)"
            inner_value = _json(_member(item, "value"), inner, depth + 1)
            pair = f"{name} || ': ' || coalesce({inner_value}, 'null')"
            return _listed("{", f"map_entries({value})", item, pair, "}")
        case "struct":
            pairs = ", ', ', ".join(
                f"{literal(json.dumps(name, ensure_ascii=False) + ': ')},"
                f" coalesce({_json(_member(value, name), inner, depth)}, 'null')"
                for name, inner in data_type.children
            )
            return f"case when {value} is not null then concat('{{', {pairs}, '}}') end"
    text = _text(value, data_type)
    if data_type.id in PLAIN_IN_JSON:
        return text
    as_text = f"cast(to_json({text}) as varchar)"
    if data_type.id in ("double", "float"):
        return f"case when isfinite({value}) then {text} else {as_text} end"
    return as_text


def _listed(opening: str, items: str, item: str, inner: str, closing: str) -> str:
    texts = f"list_transform({items}, lambda {item}: coalesce({inner}, 'null'))"
    listed = f"'{opening}' || array_to_string({texts}, ', ') || '{closing}'"
    return f"case when {items} is not null then {listed} end"
