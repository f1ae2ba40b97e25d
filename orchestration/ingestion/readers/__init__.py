"""File formats: how the records of a file get into ``landing``.

A format is one module with two functions:

``read_header(path, spec)`` gives the column names of a file. It raises ``InputError`` where the
file cannot be read at all; the caller puts the name of the file before each problem.

``land(connection, deliveries, header)`` replaces the table ``landed`` by the records of deliveries
that share their settings and header, and returns the records it could not read.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.expression_helpers import create_helpers
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers import (
    camt_files,
    cnab_files,
    csv_files,
    fixed_width_files,
    json_files,
    mt940_files,
    ofx_files,
    parquet_files,
    xlsx_files,
)
from orchestration.ingestion.readers.landing import (
    Landed,
    create_landing,
    is_plain,
    keep_first,
    trim,
)

FORMATS = {
    "camt": camt_files,
    "cnab": cnab_files,
    "csv": csv_files,
    "fixed_width": fixed_width_files,
    "json": json_files,
    "jsonl": json_files,
    "mt940": mt940_files,
    "ofx": ofx_files,
    "parquet": parquet_files,
    "xlsx": xlsx_files,
}


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Read the column names of a file."""
    return FORMATS[spec.format].read_header(path, spec)


def land(
    connection: duckdb.DuckDBPyConnection,
    deliveries: Sequence[Delivery],
    header: tuple[str, ...],
    most_rows: int | None = None,
) -> Landed:
    """Replace ``landing`` by the records of the deliveries, ready for expressions over them.

    A sample has the first ``most_rows`` of each.
    """
    create_helpers(connection)
    spec = deliveries[0].spec
    unreadable = FORMATS[spec.format].land(connection, deliveries, header)
    if most_rows is not None:
        unreadable = keep_first(connection, unreadable, spec.header_row, most_rows)
    written = spec.layout.written if spec.layout else ()
    is_seen_through = is_plain(connection, [name for name in header if name not in written])
    if not is_seen_through:
        trim(connection, header)
    create_landing(connection, spec.header_row, unreadable)
    return Landed(unreadable, is_seen_through)
