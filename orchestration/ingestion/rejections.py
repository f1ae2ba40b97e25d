"""What was kept out of the figures: rows that could not be read, and values staging rejects.

Both are read from the raw tables, so that they are told of what is loaded, whether or not it was
built or released since.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import Kind, contract
from orchestration.errors import InputError, TransientError, is_transient
from orchestration.ingestion.staging_rules import mistyped_values
from orchestration.sql_text import literal

# A spreadsheet takes a text that begins so for a formula.
FORMULA_SIGNS = "=+-@\t\r\n"
COLUMNS = "source_system, area, kind, export_day, file_name, row_number, column_name, value, reason"


@dataclass(frozen=True)
class Which:
    """What is asked for; None means all."""

    source: str | None = None
    kind: str | None = None
    day: date | None = None


@dataclass(frozen=True)
class Rejection:
    """The rows of a kind that a source had rejected for one reason.

    ``count`` is of values; ``examples`` are of the newest days: file, line and value.
    """

    source: str
    kind: str
    column: str | None
    reason: str
    count: int
    first_day: date
    last_day: date
    examples: tuple[tuple[str, int | None, str | None], ...]


@dataclass(frozen=True)
class Rejected:
    """Rejections, the most frequent first, and the rows they are of.

    ``unread`` rows could not be read and are what ``raw.files`` counts as rejected; ``mistyped``
    ones landed and hold a value of the wrong type.
    """

    groups: tuple[Rejection, ...]
    unread: int
    mistyped: int


def collect(connection: duckdb.DuckDBPyConnection, which: Which, kinds: Iterable[Kind]) -> None:
    """Replace the table ``rejected`` by what the raw tables of the kinds tell."""
    wanted = [kind for kind in kinds if which.kind in (None, kind.id)]
    conditions = {
        "source_system": which.source,
        "export_day": which.day and which.day.isoformat(),
    }
    among = " and ".join(
        ["true", *(f"{name} = {literal(value)}" for name, value in conditions.items() if value)]
    )
    ids = ", ".join(literal(kind.id) for kind in wanted)
    of_kinds = f"area || '.' || kind in ({ids})"
    typed = "".join(
        f" union all select {COLUMNS}, true as is_read from ({mistyped_values(kind)})"
        for kind in wanted
    )
    connection.execute(
        f"create or replace temp table rejected as select * from (select {COLUMNS}, false as"
        f" is_read from raw.rejected_rows where {of_kinds}{typed}) where {among}"
    )


def collected(connection: duckdb.DuckDBPyConnection, examples: int) -> Rejected:
    """Group what is in ``rejected`` by source, kind, column and reason."""
    groups = connection.execute(
        f"""
        with placed as (
            select
                *,
                row_number() over (
                    partition by source_system, area, kind, column_name, reason
                    order by export_day desc, file_name, row_number
                ) as place
            from rejected
        )
        select
            source_system, area || '.' || kind, column_name, reason, count(*),
            min(export_day), max(export_day),
            list(struct_pack(file_name, row_number, value) order by place)
                filter (where place <= {examples})
        from placed
        group by source_system, area, kind, column_name, reason
        order by count(*) desc, source_system, area, kind, column_name, reason
        """
    ).fetchall()
    unread, mistyped = connection.execute(
        "select count_if(not is_read), count(distinct (source_system, area, kind, export_day,"
        " file_name, row_number)) filter (where is_read) from rejected"
    ).fetchone()
    return Rejected(tuple(_rejection(*group) for group in groups), unread, mistyped)


def rejected_in(warehouse: Path, which: Which, examples: int, csv: Path | None) -> Rejected:
    """Tell what is rejected in a warehouse file, and write all of it to a CSV file if wanted."""
    if which.kind is not None and which.kind not in contract():
        raise InputError(
            f"--kind {which.kind}: there is no such export kind, but {', '.join(contract())}."
        )
    if not warehouse.exists():
        raise InputError(f"{warehouse}: there is no such file; `warehouse run` makes one.")
    try:
        connection = duckdb.connect(warehouse, read_only=True)
    except duckdb.IOException as error:
        if is_transient(error):
            raise TransientError(
                f"{warehouse} is being written to, `warehouse status` says by whom; ask again when"
                " that run has ended."
            ) from None
        raise
    with closing(connection):
        connection.execute("set TimeZone = 'UTC'")
        _check_source(connection, which)
        collect(connection, which, _loaded_kinds(connection))
        if csv:
            _write_csv(connection, csv)
        return collected(connection, examples)


def _check_source(connection: duckdb.DuckDBPyConnection, which: Which) -> None:
    rows = connection.execute("select distinct source_system from raw.files order by 1").fetchall()
    known = [name for (name,) in rows]
    if which.source is not None and which.source not in known:
        raise InputError(
            f"--source {which.source}: nothing was loaded from such a system, but from"
            f" {', '.join(known) or 'none'}."
        )


def _loaded_kinds(connection: duckdb.DuckDBPyConnection) -> list[Kind]:
    """List the kinds of which files were loaded; the tables of others may be out of date."""
    rows = connection.execute("select distinct area || '.' || kind from raw.files").fetchall()
    return [contract()[name] for (name,) in sorted(rows) if name in contract()]


def _write_csv(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write all of ``rejected``; what a spreadsheet would take for a formula, as text."""
    texts = ("source_system", "file_name", "column_name", "value", "reason")
    safe = ", ".join(
        f"if({name} != '' and contains({literal(FORMULA_SIGNS)}, {name}[1]), chr(39) || {name},"
        f" {name}) as {name}"
        for name in texts
    )
    rows = (
        f"select {COLUMNS} from (select * replace ({safe}) from rejected)"
        " order by source_system, area, kind, export_day, file_name, row_number, column_name"
    )
    try:
        connection.execute(f"copy ({rows}) to {literal(file)} (format csv, header)")
    except duckdb.IOException as error:
        raise InputError(f"--csv {file}: that cannot be written: {error}") from None


def _rejection(*group: Any) -> Rejection:
    *told, examples = group
    return Rejection(*told, tuple(tuple(example.values()) for example in examples or ()))
