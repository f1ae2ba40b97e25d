"""The file's columns that a mapping names, for formats whose files have no header."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import duckdb

from orchestration.contract import contract
from orchestration.ingestion.file_spec import FileSpec


def mapped_names(spec: FileSpec) -> tuple[str, ...]:
    """List the columns that mappings take, in ``columns``, ``expressions`` and ``where``."""
    names: dict[str, None] = {}
    for mapping in spec.kinds.values():
        names.update(dict.fromkeys(mapping.columns.values()))
        for expression in (*mapping.expressions.values(), mapping.where):
            names.update(dict.fromkeys(_columns_in(expression) if expression else ()))
    return tuple(names)


def required_names(spec: FileSpec) -> tuple[str, ...]:
    """List the columns that kinds require which take columns by their names."""
    return tuple(
        column.name
        for kind, mapping in spec.kinds.items()
        if mapping.is_by_name
        for column in contract()[kind].columns
        if column.is_required
    )


@lru_cache(maxsize=1000)
def _columns_in(expression: str) -> tuple[str, ...]:
    """List the columns of an SQL expression; none where it is no SQL, as binding it will tell."""
    with duckdb.connect() as connection:
        # on a line of its own, as it may end in a comment
        query = f"select (\n{expression}\n)"
        parsed = json.loads(
            connection.execute("select json_serialize_sql(?::varchar)", [query]).fetchone()[0]
        )
    return tuple(dict.fromkeys(_references(parsed)))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        names = node.get("column_names")
        if isinstance(names, list) and len(names) == 1:
            yield names[0]
        for inner in node.values():
            yield from _references(inner)
