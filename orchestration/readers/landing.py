"""The table ``landing``: the records of the files being read, under the files' own columns.

Values are text without blanks around it, NULL where that leaves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.sql_text import literal, quoted

# Beside the file's own columns, under names no file has: the path of the file, and the line or
# sheet row the record begins on.
PATH, ROW = "#path", "#row"
NUL_SIGN = "\u2400"
BLANKS = "\t\n\r \u00a0"


@dataclass(frozen=True)
class Unreadable:
    """A record that could not be read, and why."""

    path: Path
    row_number: int
    column_name: str | None
    reason: str
    line_text: str | None


def unreadable_table(problems: Sequence[Unreadable]) -> pa.Table:
    """Return a table of records that could not be read."""
    columns = {
        "path": [str(problem.path) for problem in problems],
        "row_number": [problem.row_number for problem in problems],
        "column_name": [problem.column_name for problem in problems],
        "reason": [problem.reason for problem in problems],
        "line_text": [problem.line_text for problem in problems],
    }
    types = {"row_number": pa.int64()}
    return pa.table(
        {name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()}
    )


def shown_line(line: str) -> str:
    """Write a line so that it can be kept as text: what is not, becomes a sign for it."""
    return line.rstrip("\r\n").replace("\0", NUL_SIGN).encode(errors="replace").decode()


def name_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Name every column: without the spaces around it, by its position where it has no name."""
    return tuple(
        name.strip() or f"unnamed_{position}" for position, name in enumerate(header, start=1)
    )


def trimmed_columns(header: Sequence[str]) -> str:
    """Select the columns of a file without blanks around their values, then PATH and ROW."""
    return "".join(f"{_trimmed(name)}, " for name in header) + f"{quoted(PATH)}, {quoted(ROW)}"


def create_landing(connection: duckdb.DuckDBPyConnection, header: Sequence[str]) -> None:
    """Replace ``landing`` by an empty table for records of this header."""
    columns = "".join(f"{quoted(name)} varchar, " for name in header)
    connection.execute(
        "create or replace temp table landing"
        f" ({columns}{quoted(PATH)} varchar, {quoted(ROW)} bigint)"
    )


def append_to_landing(
    connection: duckdb.DuckDBPyConnection,
    header: Sequence[str],
    path: Path,
    records: Sequence[Sequence[str | None]],
    row_numbers: Sequence[int],
) -> None:
    """Append records of one file, each as long as the header."""
    columns = zip(*records, strict=True) if records else [()] * len(header)
    arrays = [pa.array(column, pa.string()) for column in columns]
    arrays.append(pa.array([str(path)] * len(records), pa.string()))
    arrays.append(pa.array(row_numbers, pa.int64()))
    connection.register("records", pa.table(arrays, [*header, PATH, ROW]))
    connection.execute(f"insert into landing select {trimmed_columns(header)} from records")
    connection.unregister("records")


def _trimmed(name: str) -> str:
    # trim itself is slow: it is for the few values that begin or end with a blank
    value = quoted(name)
    codes = ", ".join(str(ord(blank)) for blank in BLANKS)
    is_padded = f"ascii({value}) in ({codes}) or ascii({value}[-1]) in ({codes})"
    return f"nullif(if({is_padded}, trim({value}, {literal(BLANKS)}), {value}), '') as {value}"
