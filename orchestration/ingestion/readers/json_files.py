"""JSON documents and JSON Lines: the columns of a record are its dotted paths.

A file has the columns that any of its records has, and those its mapping names: a record says
only what it knows, so a day without bounces has no column for their reason, and is no mistake.
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.exports import CHUNK_BYTES, Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.json_documents import begins_with_an_object, pieces
from orchestration.ingestion.readers.json_records import ROOT, records_in
from orchestration.ingestion.readers.json_shapes import Alike, Shapes
from orchestration.ingestion.readers.json_values import (
    DECODER,
    TOO_DEEP,
    Columns,
    Fault,
    FaultError,
    scalars_of,
)
from orchestration.ingestion.readers.landing import (
    Unreadable,
    append_columns,
    create_landed,
    shown_line,
)
from orchestration.ingestion.readers.mapped_names import mapped_names, required_names
from orchestration.ingestion.record_paths import ITEMS, RecordsPath
from orchestration.privacy.identifiers import masked

MOST_COLUMNS = 2_000
RECORDS_AT_ONCE = 20_000
CHARACTERS_AT_ONCE = 64 << 20
MOST_BYTES_OF_A_LINE = 64 << 20
MOST_BYTES_SHOWN = 10_000

BAD_BYTES = "its bytes are not valid UTF-8"
NO_JSON = "is no JSON; it may be cut off"
NO_RECORDS = "has no records where the YAML says they are"
TOO_LONG = f"is longer than {MOST_BYTES_OF_A_LINE >> 20} MB"


class Read(NamedTuple):
    """A record, or why there is none, with its number and the line it was to be read from."""

    row_number: int
    columns: Columns | Alike | Fault
    line: str | None = None


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """List the columns of all records, and then those that only the mapping names."""
    columns: dict[str, None] = {}
    for read in _records(path, spec):
        if isinstance(read.columns, dict) and not columns.keys() >= read.columns.keys():
            columns.update(dict.fromkeys(read.columns))
            if len(columns) > MOST_COLUMNS:
                raise InputError(
                    f"has more than {MOST_COLUMNS:,} different columns by record"
                    f" {read.row_number}; its keys seem to be values."
                )
    names = {name.lower() for name in columns}
    mapped = {name.lower(): name for name in mapped_names(spec)}
    if columns and mapped and names.isdisjoint(mapped):
        has = masked(", ".join(islice(columns, 20)))
        raise InputError(f"has none of the columns that are mapped; it has {has}.")
    if not columns:
        mapped |= {name: name for name in required_names(spec)}
    return (*columns, *(name for lower, name in mapped.items() if lower not in names))


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the records of the deliveries; return what is no record."""
    create_landed(connection, header)
    unreadable: list[Unreadable] = []
    for delivery in deliveries:
        path = delivery.path
        faults: list[Read] = []
        for values, row_numbers in _batches(_records(path, delivery.spec), header, faults):
            columns = [values[place :: len(header)] for place in range(len(header))]
            append_columns(connection, header, path, columns, row_numbers)
        unreadable += [
            Unreadable(path, fault.row_number, None, fault.columns.reason, fault.line)
            for fault in faults
        ]
    return unreadable


def _batches(
    records: Iterator[Read], header: tuple[str, ...], faults: list[Read]
) -> Iterator[tuple[list[str | None], list[int]]]:
    """Yield the values of some records, one after the other, with the records' numbers.

    What is no record goes to ``faults``. All values are in one list: a million short ones would
    keep the garbage collector busy for longer than they take to read.
    """
    values: list[str | None] = []
    row_numbers: list[int] = []
    characters = 0
    for read in records:
        columns = read.columns
        if isinstance(columns, Alike):
            values += columns.values(header)
            characters += len(columns.match.string)
        elif isinstance(columns, Fault):
            faults.append(read)
            continue
        else:
            values += map(columns.get, header)
            characters += sum(map(len, filter(None, columns.values())))
        row_numbers.append(read.row_number)
        if len(row_numbers) == RECORDS_AT_ONCE or characters > CHARACTERS_AT_ONCE:
            yield values, row_numbers
            values, row_numbers, characters = [], [], 0
    yield values, row_numbers


def _records(path: Path, spec: FileSpec) -> Iterator[Read]:
    with path.open("rb") as file:
        start = file.read(4)
    if b"\0" in start or start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("is not UTF-8, which JSON is written in; it seems to be UTF-16.")
    return _of_lines(path, spec) if spec.format == "jsonl" else _of_document(path, spec)


def _of_lines(path: Path, spec: FileSpec) -> Iterator[Read]:
    """Read line by line; a line counts as one record where it has none."""
    number = 1
    shapes = Shapes()
    lines_are_records = [one.steps for one in spec.records_paths] == [(ITEMS,)]
    for line in _lines(path):
        if line and lines_are_records and (alike := shapes.find(line)):
            yield Read(number, alike)
            number += 1
            continue
        records: Sequence[Columns | Fault] | None = ()
        if line is None:
            records = [Fault(TOO_LONG)]
        elif line.strip():
            document = _decoded(line)
            records = records_in(document, spec.records_paths)
            if lines_are_records and isinstance(document, dict) and isinstance(records[0], dict):
                shapes.learn(document, records[0])
        if records is None:
            records = [Fault(NO_RECORDS)]
        for position, columns in enumerate(records):
            shown = None
            if line and isinstance(columns, Fault):
                shown = shown_line(line[:MOST_BYTES_SHOWN].decode(errors="replace"))
            yield Read(number + position, columns, shown)
        number += max(1, len(records))


def _lines(path: Path) -> Iterator[bytes | None]:
    """Yield the lines of a file, without the mark it may begin with; None for one too long."""
    rest, is_too_long = b"", False
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while chunk := file.read(max(CHUNK_BYTES, len(rest))):
            *lines, rest = (rest + chunk).split(b"\n")
            if lines and is_too_long:
                lines[0], is_too_long = None, False
            yield from lines
            if is_too_long or len(rest) > MOST_BYTES_OF_A_LINE:
                rest, is_too_long = b"", True
    if rest or is_too_long:
        yield None if is_too_long else rest


def _decoded(line: bytes) -> Any:
    try:
        return DECODER.decode(line.decode())
    except UnicodeDecodeError:
        return Fault(BAD_BYTES)
    except json.JSONDecodeError:
        return Fault(NO_JSON)
    except RecursionError:
        return Fault(TOO_DEEP)


def _of_document(path: Path, spec: FileSpec) -> Iterator[Read]:
    """Read piece by piece; an item of an array at the root counts where it has no record."""
    paths = spec.records_paths
    around = _around(path, paths)
    number, is_found = 0, False
    for piece in pieces(path, paths):
        records = records_in(piece, paths, around)
        if records is None and isinstance(piece, list):
            records = [Fault(NO_RECORDS)]
        is_found = is_found or records is not None
        for columns in records or ():
            number += 1
            yield Read(number, columns)
    if not is_found and begins_with_an_object(path):
        raise InputError(f"{NO_RECORDS}: {', '.join(one.text for one in paths)}.")


def _around(path: Path, paths: Sequence[RecordsPath]) -> Columns:
    """Name what stands beside the records at the root of a document, before or after them."""
    leading = {one.steps[0] for one in paths}
    around: Columns = {}
    if ITEMS in leading or not begins_with_an_object(path):
        return around
    for piece in pieces(path, paths):
        if leading.isdisjoint(piece):
            try:
                around |= scalars_of(piece, f"{ROOT}.", but="")
            except FaultError as error:
                raise InputError(f"{error}, at its root.") from None
    return around
