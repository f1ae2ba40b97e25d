"""Brazilian bank return files, CNAB 240 and CNAB 400, as their layout declares them.

Every movement of a title becomes one record, whatever it is: the mapping takes those it wants.
A file is refused where it is not of the layout's bank or width, where it ends before its trailer,
or where it does not hold what the trailer says.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.cnab_layout import COLUMNS, PAYER_COLUMNS, WIDTHS, Layout, Span
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.cnab_records import land_records, line_columns
from orchestration.ingestion.readers.cnab_totals import total_problems
from orchestration.ingestion.readers.landing import Unreadable
from orchestration.ingestion.readers.lines import first_lines, land_lines


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Give the columns there are; a file of another bank or width is an ``InputError``."""
    layout = spec.layout
    lines = first_lines(path, spec.encoding, 1)
    if not lines:
        raise InputError("is empty: it has no line that is not blank.")
    # blanks at its end may be missing
    length = len(lines[0])
    if length != layout.width and length not in range(_next_narrower(layout.width), layout.width):
        raise InputError(
            f"begins with a line of {length} characters, where the layout {layout.name} has"
            f" {layout.width}; declare the layout of its width, or leave the file out."
        )
    _check_header(lines[0], layout)
    return COLUMNS + _payer_columns(spec)


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the movements; return the lines that hold none that can be trusted."""
    layout = deliveries[0].spec.layout
    land_lines(connection, deliveries, line_columns(layout))
    unreadable = land_records(connection, layout, header)
    names = {str(delivery.path): delivery.file_name for delivery in deliveries}
    if problems := total_problems(connection, layout):
        raise InputError([f"{names[path]} {problem}" for path, problem in problems])
    return unreadable


def _next_narrower(width: int) -> int:
    """Give the least length at which a line is one of the width without the blanks at its end."""
    return max((other + 1 for other in WIDTHS if other < width), default=1)


def _check_header(line: str, layout: Layout) -> None:
    bank = _at(line, layout.bank_at)
    if bank != layout.bank_code:
        raise InputError(
            f"is of the bank '{bank}', where the layout {layout.name} is of"
            f" {layout.bank_code} ({layout.bank_name}); declare that bank's layout."
        )
    if _at(line, layout.sent_at) == layout.sent_mark:
        raise InputError(
            "is what a company sends to the bank (remessa), not what the bank returns (retorno)."
        )
    header = layout.records[layout.names_of("header")[0]]
    for span, text in header.marks:
        if _at(line, span) != text:
            raise InputError(
                f"does not begin with the header of a return file, which has '{text}' at"
                f" {span.start}-{span.end} in the layout {layout.name}."
            )


def _at(line: str, span: Span) -> str:
    return line[span.start - 1 : span.end]


def _payer_columns(spec: FileSpec) -> tuple[str, ...]:
    """Give the columns of the payer that a mapping names; what nobody wants is not read."""
    mappings = [mapping.model_dump_json() for mapping in spec.kinds.values()]
    return tuple(column for column in PAYER_COLUMNS if any(column in text for text in mappings))
