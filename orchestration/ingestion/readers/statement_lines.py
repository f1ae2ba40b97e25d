"""What the formats of bank statements share: lines in streams, an id per line, and balances.

What contradicts itself in a statement is told and never mended: beside the lines it concerns,
which land as they are, a record without values is among the unreadable ones and says what does not
add up.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Context, Decimal
from itertools import islice

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.readers.landing import (
    PATH,
    ROW,
    Unreadable,
    append_to_landed,
    create_landed,
    in_order,
)
from orchestration.sql_text import literal, quoted

CREDIT, DEBIT = "CRDT", "DBIT"
# Names the line in its file, and in every other that holds it.
LINE_ID = "line_id"
LINES_AT_ONCE = 10_000
# No field of a statement has as many characters; of what has more, no more is read.
MOST_CHARACTERS = 1_000_000

Values = dict[str, str | None]
Line = tuple[int, Values]
Read = Callable[[Delivery], Iterator[Line | Unreadable]]

_MONEY = Context(prec=100)


class Total:
    """A sum of amounts without rounding."""

    def __init__(self, amount: Decimal = Decimal(0)) -> None:
        self.amount = amount

    def add(self, amount: Decimal, credit_debit: str | None) -> None:
        """Add what came in, take off what went out."""
        signed = amount if credit_debit == CREDIT else -amount
        self.amount = _MONEY.add(self.amount, signed)


def land_lines(
    connection: duckdb.DuckDBPyConnection,
    deliveries: Sequence[Delivery],
    header: tuple[str, ...],
    read: Read,
    id_of: str,
) -> list[Unreadable]:
    """Replace ``landed`` by what ``read`` gives: lines with their numbers, or what is wrong.

    ``id_of`` is SQL that names a line by its values; equal ones are numbered in their file. A file
    that turns out to be no statement on the way is an ``InputError``.
    """
    create_landed(connection, header)
    unreadable: list[Unreadable] = []
    for delivery in deliveries:
        try:
            _append(connection, header, delivery, read(delivery), unreadable)
        except InputError as error:
            raise InputError(
                [f"{delivery.file_name} {problem}" for problem in error.problems]
            ) from None
    _number_equals(connection, id_of)
    return unreadable


def digest(*columns: str) -> str:
    """Name a line in SQL by a digest of some of its values."""
    values = ", ".join(f"coalesce({column}, '')" for column in columns)
    return f"left(md5(concat_ws('|', {values})), 20)"


def contradiction(opening: Decimal, movements: Decimal, closing: Decimal) -> str | None:
    """Say how opening balance and movements do not make the closing balance, if so."""
    made = _MONEY.add(opening, movements)
    if made == closing:
        return None
    return (
        f"the statement does not add up: it opens at {opening:f}, its movements make"
        f" {movements:f}, and it closes at {closing:f} instead of {made:f}"
    )


def _append(
    connection: duckdb.DuckDBPyConnection,
    header: tuple[str, ...],
    delivery: Delivery,
    records: Iterator[Line | Unreadable],
    unreadable: list[Unreadable],
) -> None:
    while batch := list(islice(records, LINES_AT_ONCE)):
        unreadable += [record for record in batch if isinstance(record, Unreadable)]
        lines = [record for record in batch if not isinstance(record, Unreadable)]
        values = [[line.get(name) or None for name in header] for _, line in lines]
        append_to_landed(connection, header, delivery.path, values, [number for number, _ in lines])


def _number_equals(connection: duckdb.DuckDBPyConnection, id_of: str) -> None:
    """Fill ``line_id``; of lines of a file that are named alike, all but the first get a number."""
    position = f"row_number() over (partition by {quoted(PATH)}, {id_of} order by {quoted(ROW)})"
    with in_order(connection):
        connection.execute(
            f"""
            create or replace temp table landed as
            select * replace (
                {id_of} || if({position} = 1, '', {literal("-")} || {position}) as {LINE_ID}
            )
            from landed
            order by rowid
            """
        )
