"""Delimited text.

DuckDB reads it, and then every line of a file must be accounted for: as header, record or
rejected line. Where they do not add up (records over several lines, blank lines, a quote that is
never closed and swallows what follows), bytes are not of the encoding, lines are to be ignored,
values are escaped (which DuckDB reads inside quotes alone) or lines end in a delimiter, the file
is read record by record in Python: slower, and out of reach of such harm.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.plain_files import scratch_folder
from orchestration.ingestion.readers.encodings import BOM, copied_as_utf_8, looks_like_cp1252
from orchestration.ingestion.readers.landing import (
    PATH,
    ROW,
    Unreadable,
    append_to_landed,
    create_landed,
    in_order,
    name_columns,
    shown_line,
)
from orchestration.sql_text import literal, quoted

DELIMITERS = (",", ";", "\t", "|")
# By the names Python has for them.
DUCKDB_ENCODINGS = {"utf-8": "utf-8", "iso8859-1": "latin-1"}
# A quote that is not closed by then is a mistake in its first line.
MOST_LINES_OF_A_RECORD = 1000
RECORDS_AT_ONCE = 50_000

TOO_FEW = "the line has fewer columns than the header; it may be cut off"
TOO_MANY = "the line has more columns than the header; a value may hold the delimiter"
NO_END = "the line does not end in the delimiter; it may be cut off"
BAD_QUOTES = "a quote is not closed, or stands inside a quoted value without being doubled"
BAD_BYTES = "its bytes are not valid in the declared encoding"
CP1252_HINT = "; they look like Windows-1252, so declare encoding: cp1252"
REASONS = {
    "MISSING COLUMNS": TOO_FEW,
    "TOO MANY COLUMNS": TOO_MANY,
    "UNQUOTED VALUE": BAD_QUOTES,
    "INVALID ENCODING": BAD_BYTES,
}


class Record(NamedTuple):
    """The values of a record and the line it begins on."""

    row_number: int
    values: list[str]


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Read the column names; a header that does not fit the settings is an ``InputError``."""
    with path.open("rb") as file:
        start = file.read(256)
    if not start:
        raise InputError("is empty (0 bytes), where a file without rows still has its header.")
    if _looks_like_utf_16(start) and not spec.encoding.startswith(("utf-16", "utf-32")):
        raise InputError(f"is UTF-16 but read as {spec.encoding}; declare encoding: utf-16.")
    try:
        record = next(_records(path, spec, first_line=spec.header_row), None)
    except UnicodeError as error:
        raise InputError(
            f"cannot be read as {spec.encoding}: {error}; declare another encoding, for UTF-16"
            " without a mark utf-16-le or utf-16-be."
        ) from None
    is_below = record is not None and record.row_number > spec.header_row
    if record is None or (is_below and not spec.ignored_lines):
        raise InputError(f"has no header in line {spec.header_row}, where it is expected.")
    if isinstance(record, Unreadable):
        (record,) = _hinted([record])
        raise InputError(f"has an unreadable header in line {record.row_number}: {record.reason}.")
    names = record.values
    if spec.header_row == 1 and names[0].lower().startswith("sep="):
        raise InputError(
            f"begins with Excel's line {names[0]}{spec.delimiter if len(names) > 1 else ''}, which"
            " is no header; declare header_row: 2, and as delimiter what stands there."
        )
    if len(names) == 1 and (mark := _other_delimiter(names[0], spec)):
        raise InputError(
            f"has no {_shown(spec.delimiter)} in its header but {_shown(mark)}, so the delimiter"
            f" seems wrong; declare delimiter: {_shown(mark)}."
        )
    return name_columns(names)


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the records of the deliveries; return the lines left out."""
    spec = deliveries[0].spec
    if spec.ignored_lines or spec.escape or spec.trailing_delimiter:
        create_landed(connection, header)
        unreadable = {}
    elif spec.encoding in DUCKDB_ENCODINGS:
        unreadable = _land_by_duckdb(connection, deliveries, header)
    else:
        unreadable = _land_copies(connection, deliveries, header)
    for delivery in deliveries:
        if delivery.path not in unreadable:
            unreadable[delivery.path] = _append_by_python(connection, delivery, header)
    return [problem for problems in unreadable.values() for problem in _hinted(problems)]


def _hinted(problems: list[Unreadable]) -> list[Unreadable]:
    """Say of the lines of a file with bad bytes which encoding they are in, where it is plain."""
    bad = [problem for problem in problems if problem.reason == BAD_BYTES]
    if not bad or not looks_like_cp1252(bad[0].path):
        return problems
    return [
        replace(problem, reason=BAD_BYTES + CP1252_HINT) if problem in bad else problem
        for problem in problems
    ]


def _land_copies(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> dict[Path, list[Unreadable]]:
    """Land copies in UTF-8, which DuckDB reads, of the files that are wholly of their encoding."""
    spec = deliveries[0].spec.model_copy(update={"encoding": "utf-8"})
    originals: dict[Path, Path] = {}
    copies = []
    with scratch_folder(connection) as folder:
        for number, delivery in enumerate(deliveries):
            path = folder / str(number)
            if content := copied_as_utf_8(delivery.path, delivery.spec.encoding, path):
                originals[path] = delivery.path
                copies.append(replace(delivery, path=path, content=content, spec=spec))
        if not copies:
            create_landed(connection, header)
            return {}
        unreadable = _land_by_duckdb(connection, copies, header)
    names = ", ".join(
        f"({literal(copy)}, {literal(original)})" for copy, original in originals.items()
    )
    connection.execute(
        f"update landed set {quoted(PATH)} = original"
        f" from (values {names}) as names (copy, original) where {quoted(PATH)} = copy"
    )
    return {
        originals[path]: [replace(problem, path=originals[path]) for problem in problems]
        for path, problems in unreadable.items()
    }


def _land_by_duckdb(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> dict[Path, list[Unreadable]]:
    """Land the files in which every line is accounted for; return their unreadable lines."""
    spec = deliveries[0].spec
    connection.execute("drop table if exists landing_errors; drop table if exists landing_scans")
    try:
        with in_order(connection):
            connection.execute(
                f"create or replace temp table landed as select *, cast(null as bigint) as"
                f" {quoted(ROW)} from {_read_csv(deliveries, header)}"
            )
    except duckdb.InvalidInputException:
        create_landed(connection, header)
        return {}
    records = dict(
        connection.execute(f"select {quoted(PATH)}, count(*) from landed group by all").fetchall()
    )
    unreadable: dict[Path, list[Unreadable]] = {delivery.path: [] for delivery in deliveries}
    for problem in _rejected_by_duckdb(connection):
        unreadable[problem.path].append(problem)
    for delivery in deliveries:
        accounted = (
            spec.header_row + records.get(str(delivery.path), 0) + len(unreadable[delivery.path])
        )
        if accounted != delivery.content.lines:
            del unreadable[delivery.path]
            connection.execute(f"delete from landed where {quoted(PATH)} = ?", [str(delivery.path)])
    return unreadable


def _read_csv(deliveries: Sequence[Delivery], header: Sequence[str]) -> str:
    spec = deliveries[0].spec
    paths = ", ".join(literal(delivery.path) for delivery in deliveries)
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in header)
    return (
        f"read_csv([{paths}], auto_detect = false, columns = {{{columns}}}, header = true,"
        f" skip = {spec.header_row - 1}, delim = {literal(spec.delimiter)},"
        f" quote = {literal(spec.quote)}, escape = {literal(spec.quote)},"
        f" encoding = '{DUCKDB_ENCODINGS[spec.encoding]}', strict_mode = true,"
        f" null_padding = false, filename = {literal(PATH)}, store_rejects = true,"
        " rejects_table = 'landing_errors', rejects_scan = 'landing_scans')"
    )


def _rejected_by_duckdb(connection: duckdb.DuckDBPyConnection) -> list[Unreadable]:
    """List the rejected lines of the last scan, by file and line.

    A line may hold several errors. Lines rejected for other reasons than ours are left out, so
    that their file does not add up.
    """
    rows = connection.execute(
        """
        select
            file_path, line, arg_min(column_name, column_idx),
            arg_min(error_type::varchar, column_idx), any_value(csv_line)
        from landing_errors
        inner join landing_scans using (scan_id, file_id)
        group by file_path, line
        order by file_path, line
        """
    ).fetchall()
    return [
        Unreadable(Path(path), line, column, REASONS[error], shown_line(csv_line))
        for path, line, column, error, csv_line in rows
        if error in REASONS
    ]


def _append_by_python(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, header: tuple[str, ...]
) -> list[Unreadable]:
    spec = delivery.spec
    unreadable = []
    below_header = islice(_records(delivery.path, spec, spec.header_row, len(header)), 1, None)
    while batch := list(islice(below_header, RECORDS_AT_ONCE)):
        records = [record for record in batch if isinstance(record, Record)]
        unreadable += [record for record in batch if isinstance(record, Unreadable)]
        row_numbers = [record.row_number for record in records]
        values = [record.values for record in records]
        append_to_landed(connection, header, delivery.path, values, row_numbers)
    return unreadable


def _records(
    path: Path, spec: FileSpec, first_line: int, width: int | None = None
) -> Iterator[Record | Unreadable]:
    """Read the records from a line on, each with the line it begins on.

    Blank lines are skipped, and those that the pattern of ``ignored_lines`` matches.

    A line whose quote opens no record of ``width`` values is unreadable by itself: the next line
    is read as if nothing had been open.
    """
    with path.open(encoding=spec.encoding, errors="mark_bad_bytes", newline="") as file:
        lines = islice(file, first_line - 1, None)
        ahead: deque[str] = deque()
        ignored = spec.ignored_lines and re.compile(spec.ignored_lines)
        number = first_line - 1
        while line := ahead.popleft() if ahead else next(lines, ""):
            number += 1
            if number == 1:
                line = line.removeprefix(BOM)
            if not line.strip("\r\n") or (ignored and ignored.match(line)):
                continue
            values, further_lines = _split(line, spec), 0
            if values is None and _is_open(line, spec):
                values, further_lines = _split_over_lines(line, lines, ahead, spec, width)
            reason = None
            if values and spec.trailing_delimiter:
                values, reason = _without_end(values, width)
            if reason := reason or _fault(line, values, width):
                yield Unreadable(path, number, None, reason, shown_line(line))
            else:
                yield Record(number, values)
            for _ in range(further_lines):
                ahead.popleft()
            number += further_lines


def _split_over_lines(
    line: str, lines: Iterator[str], ahead: deque[str], spec: FileSpec, width: int | None
) -> tuple[list[str] | None, int]:
    """Close the quote a line leaves open; return the values and the lines it took further.

    The lines looked at are left in ``ahead``.
    """
    record = line
    for position in range(MOST_LINES_OF_A_RECORD):
        if position == len(ahead):
            ahead.extend(islice(lines, 1))
        if position == len(ahead):
            break
        record += ahead[position]
        if _is_open(ahead[position], spec):
            values = _split(record, spec)
            # behind the last delimiter stands one more, which is nothing
            if values is not None and (
                width is None or len(values) == width + spec.trailing_delimiter
            ):
                return values, position + 1
            break
    return None, 0


def _without_end(values: list[str], width: int | None) -> tuple[list[str], str | None]:
    """Take away the nothing behind the last delimiter, which only a header may lack."""
    if not values[-1] and len(values) > 1:
        return values[:-1], None
    return values, NO_END if width else None


def _is_open(line: str, spec: FileSpec) -> bool:
    if spec.escape:
        line = re.sub(rf"{re.escape(spec.escape)}.", "", line, flags=re.DOTALL)
    return bool(spec.quote) and line.count(spec.quote) % 2 == 1


def _split(record: str, spec: FileSpec) -> list[str] | None:
    """Split a record into its values; None where its quotes do not add up."""
    if spec.escape and spec.escape in record:
        record = _without_nulls(record, spec.delimiter, spec.escape)
    elif not spec.quote or spec.quote not in record:
        return record.rstrip("\r\n").split(spec.delimiter)
    try:
        return next(
            csv.reader(
                [record],
                delimiter=spec.delimiter,
                quotechar=spec.quote or None,
                quoting=csv.QUOTE_MINIMAL if spec.quote else csv.QUOTE_NONE,
                escapechar=spec.escape,
                strict=True,
            )
        )
    except csv.Error:
        return None


def _without_nulls(record: str, delimiter: str, escape: str) -> str:
    r"""Write nothing for the values ``\N``, which are NULL to databases that escape."""
    mark, end = re.escape(escape), re.escape(delimiter)
    return re.sub(
        rf"(^|{end}){mark}N(?=[\r\n]*$|{end})|{mark}.",
        lambda found: found[0] if found[1] is None else found[1],
        record,
        flags=re.DOTALL,
    )


def _fault(line: str, values: list[str] | None, width: int | None) -> str | None:
    if not _is_decoded(line if values is None else "".join(values)):
        return BAD_BYTES
    if values is None:
        return BAD_QUOTES
    if width is None or len(values) == width:
        return None
    return TOO_FEW if len(values) < width else TOO_MANY


def _is_decoded(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


# quoted values may be of any length
csv.field_size_limit(2**31 - 1)
# a lone surrogate, which no encoding holds
codecs.register_error("mark_bad_bytes", lambda error: ("\udc80", error.end))


def _looks_like_utf_16(start: bytes) -> bool:
    """Tell UTF-16 by its mark, or by a zero in every second byte of plain letters."""
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or zeros > len(start) / 4


def _other_delimiter(header: str, spec: FileSpec) -> str | None:
    found = [mark for mark in DELIMITERS if mark != spec.delimiter and mark in header]
    return max(found, key=header.count, default=None)


def _shown(mark: str) -> str:
    return {"\t": "tab"}.get(mark, f"'{mark}'")
