"""``landing``: the records of the files being read, under the files' own columns.

Values are text without blanks around it, NULL where that leaves nothing. It is a view of the table
``landed``, in which the records of a file stand one after the other as they do in the file.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.privacy.identifiers import ANY_BARE_LOOK, ANY_LOOK
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


@dataclass(frozen=True)
class Landed:
    """The records that could not be read; ``is_plain`` where no other looks like an identifier."""

    unreadable: Sequence[Unreadable]
    is_plain: bool


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


def create_landed(connection: duckdb.DuckDBPyConnection, header: Sequence[str]) -> None:
    """Replace ``landed`` by an empty table for records of this header."""
    columns = "".join(f"{quoted(name)} varchar, " for name in header)
    connection.execute(
        "create or replace temp table landed"
        f" ({columns}{quoted(PATH)} varchar, {quoted(ROW)} bigint)"
    )


def append_to_landed(
    connection: duckdb.DuckDBPyConnection,
    header: Sequence[str],
    path: Path,
    records: Sequence[Sequence[str | None]],
    row_numbers: Sequence[int],
) -> None:
    """Append records of one file, each as long as the header."""
    columns = zip(*records, strict=True) if records else [()] * len(header)
    append_columns(connection, header, path, columns, row_numbers)


def append_columns(
    connection: duckdb.DuckDBPyConnection,
    header: Sequence[str],
    path: Path,
    columns: Iterable[Sequence[str | None]],
    row_numbers: Sequence[int],
) -> None:
    """Append records of one file, a column of them after the other."""
    arrays = [pa.array(column, pa.string()) for column in columns]
    arrays.append(pa.array([str(path)] * len(row_numbers), pa.string()))
    arrays.append(pa.array(row_numbers, pa.int64()))
    connection.register("records", pa.table(arrays, [*header, PATH, ROW]))
    connection.execute("insert into landed from records")
    connection.unregister("records")


def is_plain(connection: duckdb.DuckDBPyConnection, header: Sequence[str]) -> bool:
    """Tell whether no value in ``landed`` has blanks around it or looks like an identifier.

    Nearly always it is so, and one look at whole rows costs a fraction of one at each value.
    """
    values = ", ".join(quoted(name) for name in header)
    pattern = f"{ANY_LOOK}|\\n(?:{ANY_BARE_LOOK})(?:\\n|$)|\\n[{BLANKS}]|[{BLANKS}](?:\\n|$)"
    row = f"concat_ws(chr(10), '', {values})"
    found = connection.execute(
        f"select count(*) from landed where regexp_matches({row}, {literal(pattern)})"
    )
    return found.fetchone() == (0,)


def trim(connection: duckdb.DuckDBPyConnection, header: Sequence[str]) -> None:
    """Take the blanks around the values in ``landed`` away."""
    values = "".join(
        f"nullif(trim({quoted(name)}, {literal(BLANKS)}), '') as {quoted(name)}, "
        for name in header
    )
    with in_order(connection):
        connection.execute(
            "create or replace temp table landed as"
            f" select {values}{quoted(PATH)}, {quoted(ROW)} from landed"
        )


def keep_first(
    connection: duckdb.DuckDBPyConnection,
    unreadable: Sequence[Unreadable],
    header_row: int,
    most_rows: int,
) -> list[Unreadable]:
    """Keep the first records of every file in ``landed``; return the unreadable among as many."""
    connection.execute(
        "delete from landed where rowid in ("
        f"select rowid from landed qualify row_number() over (partition by {quoted(PATH)}"
        f" order by rowid) > {most_rows})"
    )
    return [problem for problem in unreadable if problem.row_number <= header_row + most_rows]


def create_landing(
    connection: duckdb.DuckDBPyConnection, header_row: int, unreadable: Sequence[Unreadable]
) -> None:
    """Replace ``landing`` by the rows of ``landed``, each with the number of its line.

    Where it has none yet, lines are counted from the header on, and the unreadable ones too.
    """
    connection.execute(
        "create or replace temp table landed_files as"
        f" select {quoted(PATH)}, min(rowid) as first_row from landed group by all"
    )
    position = "landed.rowid - landed_files.first_row"
    lines_lost, gaps = "0", ""
    if unreadable:
        _create_gaps(connection, header_row, unreadable)
        lines_lost = "coalesce(gaps.lines_lost, 0)"
        gaps = (
            f"asof left join gaps on landed.{quoted(PATH)} = gaps.path"
            f" and {position} >= gaps.records_before"
        )
    connection.execute(
        f"""
        create or replace temp view landing as
        select
            landed.* replace (
                coalesce(
                    landed.{quoted(ROW)}, {position} + {header_row + 1} + {lines_lost}
                ) as {quoted(ROW)}
            )
        from landed
        inner join landed_files using ({quoted(PATH)})
        {gaps}
        """
    )


@contextmanager
def in_order(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have tables filled in the order of what they are filled with."""
    connection.execute("set preserve_insertion_order = true")
    try:
        yield
    finally:
        connection.execute("set preserve_insertion_order = false")


def _create_gaps(
    connection: duckdb.DuckDBPyConnection, header_row: int, unreadable: Sequence[Unreadable]
) -> None:
    """Tell how many records stand before the n-th unreadable line of a file."""
    connection.register("unreadable", unreadable_table(unreadable))
    connection.execute(
        f"""
        create or replace temp table gaps as
        select path, row_number - {header_row} - lines_lost as records_before, lines_lost
        from (
            select path, row_number,
                row_number() over (partition by path order by row_number) as lines_lost
            from unreadable
        )
        qualify lines_lost = max(lines_lost) over (partition by path, records_before)
        """
    )
