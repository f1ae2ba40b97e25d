"""What the headers of files say before any of them is loaded."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.contract import contract
from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.mapping import header_problems
from orchestration.ingestion.plain_files import PlainFiles
from orchestration.ingestion.readers import read_header


def read_headers(
    connection: duckdb.DuckDBPyConnection, plain: PlainFiles, deliveries: Sequence[Delivery]
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


def _pattern(delivery: Delivery) -> tuple[str, str]:
    return delivery.system.system, delivery.spec.path


def _known_columns(
    connection: duckdb.DuckDBPyConnection,
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
