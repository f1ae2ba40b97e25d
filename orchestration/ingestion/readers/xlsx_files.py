"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods): one sheet, every cell as the text it stands for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import duckdb

from orchestration.contract import IS_DELETED, contract
from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.landing import (
    Unreadable,
    append_to_landed,
    create_landed,
    name_columns,
)
from orchestration.ingestion.readers.mapped_names import mapped_names
from orchestration.ingestion.workbook.process import SheetRow, opened_sheet

ROWS_AT_ONCE = 50_000


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Read the column names from the header row of the sheet."""
    with _rows(path, spec) as rows:
        header = next((row for row in rows if row.number >= spec.header_row), None)
    if header is None or header.number != spec.header_row:
        raise InputError(f"has nothing in row {spec.header_row}, where its header is expected.")
    return name_columns([value or "" for value in header.values])


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the rows of the sheets; blank rows are no records.

    A row in which a cell that is taken has no value to go by is unreadable.
    """
    create_landed(connection, header)
    taken = _taken(deliveries[0].spec)
    unreadable = []
    for delivery in deliveries:
        with _rows(delivery.path, delivery.spec) as rows:
            below = (row for row in rows if row.number > delivery.spec.header_row)
            while batch := list(islice(below, ROWS_AT_ONCE)):
                faults = {row.number: _fault(delivery.path, row, header, taken) for row in batch}
                unreadable += filter(None, faults.values())
                sound = [row for row in batch if not faults[row.number]]
                append_to_landed(
                    connection,
                    header,
                    delivery.path,
                    [row.values for row in sound],
                    [row.number for row in sound],
                )
    return unreadable


@contextmanager
def _rows(path: Path, spec: FileSpec) -> Iterator[Iterator[SheetRow]]:
    with opened_sheet(path, spec.sheet, spec.decimal_mark, spec.unpacked_limit_mb) as sheet:
        yield sheet.rows


def _taken(spec: FileSpec) -> set[str]:
    """Name, in lower case, the columns that any kind takes."""
    by_name = {
        column.name
        for kind, mapping in spec.kinds.items()
        if mapping.is_by_name
        for column in contract()[kind].columns
    }
    return {name.lower() for name in {*mapped_names(spec), *by_name, IS_DELETED}}


def _fault(
    path: Path, row: SheetRow, header: tuple[str, ...], taken: set[str]
) -> Unreadable | None:
    for position, fault in sorted(row.faults.items()):
        if position < len(header) and header[position].lower() in taken:
            return Unreadable(path, row.number, header[position], f"the cell {fault}", None)
    return None
