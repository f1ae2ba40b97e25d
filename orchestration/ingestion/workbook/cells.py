"""The filled rows of one sheet, written as lines of JSON: a program with limits of its own.

calamine reserves memory for all that stands between the first and the last cell of a sheet, and
ends its process where it gets none: two cells in far corners are enough. So it has a process, as
much memory as a workbook of its size may take, and as much time.

    python -m orchestration.ingestion.workbook.cells PATH SHEET MARK MEGABYTES SECONDS

Each line is an object: ``names`` of the sheets first, then ``rows`` (number, cells as text, faults
of cells by position), or a ``problem`` at any time. Without SHEET it is the first that a person
sees. MARK is the decimal mark.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from orchestration.ingestion.workbook.faults import DamagedError, faults_of_cells

ROWS_AT_ONCE = 5000
# Excel keeps 15 digits: of a longer number, the last are not those that were typed.
FIRST_ROUNDED = 1e15

Row = tuple[int, list[str | None], dict[int, str]]


def main(path: str, sheet: str, mark: str, megabytes: str, seconds: str) -> None:
    """Write the rows of a sheet; what cannot be read becomes a problem."""
    _limit(int(megabytes), int(seconds))
    try:
        _write_all(Path(path), sheet, mark)
    except MemoryError:
        # as calamine itself ends
        os.abort()
    except (CalamineError, OSError, DamagedError) as error:
        _write(problem=f"cannot be read as an Excel workbook: {error}.")
    except BaseException as error:
        # what calamine never expected, in a class of its own that is no Exception
        if type(error).__name__ != "PanicException":
            raise
        _write(problem=f"cannot be read as an Excel workbook, it is damaged: {error}.")


def _limit(megabytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # elsewhere a limit of memory is refused, or not kept
    if sys.platform == "linux":
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        most = taken + megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _write_all(path: Path, name: str, mark: str) -> None:
    workbook = CalamineWorkbook.from_path(path)
    names = workbook.sheet_names
    _write(names=names)
    if name and name not in names:
        _write(problem=f"has no sheet '{name}'; it has {', '.join(names)}, declare one as sheet.")
        return
    name = name or _first_visible(workbook)
    rows = _rows(workbook.get_sheet_by_name(name), faults_of_cells(path, name), mark)
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_AT_ONCE:
            _write(rows=batch)
            batch = []
    _write(rows=batch)


def _first_visible(workbook: CalamineWorkbook) -> str:
    """Name the first sheet that a person sees; what is hidden is for the workbook's own use."""
    seen = (one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible)
    return next(seen, workbook.sheet_names[0])


def _rows(sheet: Any, faults: dict[int, dict[int, str]], mark: str) -> Iterator[Row]:
    """Give the rows with anything in them, numbered from 1, each from the first column on."""
    before = [None] * sheet.start[1] if sheet.start else []
    width = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        width = len(before) + len(row)
        values = [_text(cell, mark) for cell in row]
        if any(values) or number in faults:
            yield number, before + values, faults.pop(number, {})
    # a fault leaves no cell, so it may stand below them all
    for number, of_row in sorted(faults.items()):
        yield number, [None] * width, of_row


def _text(cell: Any, mark: str) -> str | None:
    """Write a cell as text: ISO days, times and instants, plain numbers, true and false."""
    match cell:
        case bool():
            return str(cell).lower()
        case int() | float() if abs(cell) >= FIRST_ROUNDED:
            return f"{cell:.14E}".replace(".", mark)
        case float() if cell.is_integer():
            return f"{cell:.0f}"
        case float():
            # with the mark the text cells beside it are declared to have
            return f"{Decimal(repr(cell)):f}".replace(".", mark)
        case timedelta():
            return _duration(cell)
    return str(cell) or None


def _duration(span: timedelta) -> str:
    """Write a duration as hours, minutes and seconds, which may be more than a day."""
    seconds = abs(span) // timedelta(seconds=1)
    sign = "-" if span < timedelta() else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _write(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
