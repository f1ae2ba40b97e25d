"""Text whose columns stand at fixed positions, counted by characters after decoding.

A line that is shorter or longer than the others is rejected, whatever it holds: of what is cut
off, or has slipped by a character, no value can be trusted.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.landing import (
    BLANKS,
    PATH,
    ROW,
    Unreadable,
    in_order,
    shown_line,
)
from orchestration.ingestion.readers.lines import BAD_BYTES_SIGN, first_lines, land_lines
from orchestration.sql_text import literal, quoted

# What is shown of a line; it may be of any length.
MOST_SHOWN = 1000


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Give the declared columns; a file without a line at all is an ``InputError``."""
    if not first_lines(path, spec.encoding, 1):
        raise InputError("is empty: it has no line that is not blank.")
    return tuple(field.name for field in spec.fields)


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the lines cut into columns; return the lines of another length."""
    spec = deliveries[0].spec
    land_lines(connection, deliveries)
    connection.execute(f"delete from lines where line_number <= {spec.skip_lines}")
    width = spec.line_width or spec.width_of_fields
    # blanks behind the last column are no part of it, and none is lost with them
    fault = f"""
        case
            when contains(line, {literal(BAD_BYTES_SIGN)})
                then 'its bytes are not valid in the declared encoding'
            when length(line) < {width}
                then 'the line has ' || length(line)
                    || ' characters, fewer than the {width} declared; it may be cut off'
            when length(rtrim(line)) > {width}
                then 'the line has ' || length(rtrim(line))
                    || ' characters, more than the {width} declared; values may have slipped'
        end
    """
    values = "".join(
        f"nullif(trim(substring(line, {field.start}, {field.width}), {literal(BLANKS)}), '')"
        f" as {quoted(field.name)}, "
        for field in spec.fields
    )
    with in_order(connection):
        connection.execute(
            f"create or replace temp table landed as"
            f" select {values}path as {quoted(PATH)}, line_number as {quoted(ROW)}"
            f" from lines where {fault} is null"
        )
    bad = connection.execute(
        f"select path, line_number, {fault}, left(line, {MOST_SHOWN}) from lines"
        f" where {fault} is not null order by all"
    ).fetchall()
    return [
        Unreadable(Path(path), number, None, reason, shown_line(line))
        for path, number, reason, line in bad
    ]
