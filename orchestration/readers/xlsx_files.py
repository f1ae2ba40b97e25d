"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods): one sheet, every cell as the text it stands for."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from orchestration.errors import InputError
from orchestration.exports import Delivery
from orchestration.file_spec import FileSpec
from orchestration.readers.landing import (
    Unreadable,
    append_to_landed,
    create_landed,
    name_columns,
)


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Read the column names from the header row of the sheet."""
    rows = _rows(path, spec)
    if len(rows) < spec.header_row:
        raise InputError(f"has no row {spec.header_row}, where its header is expected.")
    return name_columns([_text(cell, spec) or "" for cell in rows[spec.header_row - 1]])


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the rows of the sheets; blank rows are no records."""
    create_landed(connection, header)
    for delivery in deliveries:
        spec = delivery.spec
        rows = _rows(delivery.path, spec)[spec.header_row :]
        records, row_numbers = [], []
        for row_number, row in enumerate(rows, start=spec.header_row + 1):
            record = [_text(cell, spec) for cell in row]
            if any(record):
                records.append(record)
                row_numbers.append(row_number)
        append_to_landed(connection, header, delivery.path, records, row_numbers)
    return []


def _rows(path: Path, spec: FileSpec) -> list[list[Any]]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
        if spec.sheet is not None and spec.sheet not in names:
            raise InputError(
                f"has no sheet '{spec.sheet}'; it has {', '.join(names)}, declare one as sheet."
            )
        sheet = workbook.get_sheet_by_name(spec.sheet or _first_visible(workbook))
        return sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise InputError(f"cannot be read as an Excel workbook: {error}.") from None
    except BaseException as error:
        # what calamine never expected, in a class of its own that is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise InputError(f"cannot be read as an Excel workbook, it is damaged: {error}.") from None


def _first_visible(workbook: CalamineWorkbook) -> str:
    """Name the first sheet that a person sees; what is hidden is for the workbook's own use."""
    seen = (one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible)
    return next(seen, workbook.sheet_names[0])


def _text(cell: Any, spec: FileSpec) -> str | None:
    """Write a cell as text: ISO days, times and instants, plain numbers, true and false."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return f"{cell:.0f}"
        case float():
            # with the mark the text cells beside it are declared to have
            return f"{Decimal(repr(cell)):f}".replace(".", spec.decimal_mark or ".")
        case timedelta():
            return _duration(cell)
    return str(cell) or None


def _duration(span: timedelta) -> str:
    """Write a duration as hours, minutes and seconds, which may be more than a day."""
    seconds = abs(span) // timedelta(seconds=1)
    sign = "-" if span < timedelta() else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
