"""Starts the program that reads a sheet, and takes what it writes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orchestration
from orchestration.errors import InputError
from orchestration.ingestion.unpacking import MB, most_bytes

# Seconds of processor: to begin with, and for each MB that reading may take.
SECONDS, SECONDS_PER_MB = 60, 0.1


@dataclass(frozen=True)
class SheetRow:
    """A row with anything in it; ``faults`` are of its cells without a value, by position."""

    number: int
    values: list[str | None]
    faults: dict[int, str]


@dataclass(frozen=True)
class Sheet:
    """The names of all sheets and the rows of one."""

    names: Sequence[str]
    rows: Iterator[SheetRow]


@contextmanager
def opened_sheet(
    path: Path, sheet: str | None = None, mark: str | None = None, limit_mb: int | None = None
) -> Iterator[Sheet]:
    """Read a sheet, the first that a person sees if none is named, row by row.

    A workbook that is damaged, lacks the sheet, or takes more memory or time than one of its size
    may, is an ``InputError``.
    """
    most_mb = int(most_bytes(path.stat().st_size, limit_mb) / MB)
    _refuse_bombs(path, most_mb)
    limits = [str(most_mb), str(int(SECONDS + SECONDS_PER_MB * most_mb))]
    program = [sys.executable, "-P", "-m", "orchestration.ingestion.workbook.cells"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [*program, str(path), sheet or "", mark or ".", *limits],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": _import_path()},
        ) as process,
    ):
        try:
            lines = _lines(process, errors, path, most_mb)
            yield Sheet(next(lines)["names"], _rows(lines))
        finally:
            process.kill()


def _import_path() -> str:
    return os.pathsep.join([str(Path(orchestration.__file__).parents[1]), *filter(None, sys.path)])


def _rows(lines: Iterator[dict[str, Any]]) -> Iterator[SheetRow]:
    for line in lines:
        for number, values, faults in line["rows"]:
            of_cells = {int(position): fault for position, fault in faults.items()}
            yield SheetRow(number, values, of_cells)


def _lines(
    process: subprocess.Popen[bytes], errors: IO[bytes], path: Path, most_mb: int
) -> Iterator[dict[str, Any]]:
    """Take the lines the program writes, to its end, which is to be a good one."""
    for text in process.stdout:
        # the last one may be cut off
        if text.endswith(b"\n"):
            line = json.loads(text)
            if "problem" in line:
                raise InputError(line["problem"])
            yield line
    if code := process.wait():
        if code > 0:
            errors.seek(0)
            raise RuntimeError(f"{path} could not be read: {errors.read().decode()}")
        raise InputError(_end(-code, path, most_mb))


def _end(signal_number: int, path: Path, most_mb: int) -> str:
    size = f"a workbook of {path.stat().st_size / MB:,.3f} MB"
    if signal_number in (signal.SIGXCPU, signal.SIGKILL):
        return f"takes longer to read than {size} may; have it made anew, or in parts."
    if signal_number in (signal.SIGSEGV, signal.SIGBUS):
        return "cannot be read as an Excel workbook, it is damaged."
    return (
        f"takes more than {most_mb:,} MB of memory to read, which {size} should not: a cell may"
        " stand far below or beside the table. Delete what stands there, or declare"
        " unpacked_limit_mb as the most it may take."
    )


def _refuse_bombs(path: Path, most_mb: int) -> None:
    """Refuse a workbook whose parts are larger than one of its size may hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        # an .xls, or what calamine will tell about
        return
    if size > most_mb * MB:
        raise InputError(
            f"holds {size / MB:,.0f} MB in a file of {path.stat().st_size / MB:,.3f} MB, which may"
            " be made to fill the memory; if it is what you expect, declare unpacked_limit_mb as"
            " the most it may hold."
        )
