"""What values land as in the notations a file declares."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from orchestration.contract import Column
from orchestration.ingestion.expression_helpers import create_helpers
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.notation import in_utc, plain

AMOUNT = Column("value", "decimal(18, 2)", False, "")
DAY = Column("value", "date", False, "")
INSTANT = Column("value", "timestamp", False, "")
FLAG = Column("value", "boolean", False, "")


@contextmanager
def loading_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        create_helpers(opened)
        yield opened


def spec_of(**notation: Any) -> FileSpec:
    return FileSpec(path="{day}.csv", kinds={"billing.customers": {}}, **notation)


def landed(
    connection: duckdb.DuckDBPyConnection, column: Column, written: Sequence[str], **notation: Any
) -> list[str]:
    """What values of a column land as."""
    spec = spec_of(**notation)
    value = plain(column, spec)
    if column.data_type == "timestamp":
        value = in_utc(value, spec)
    return [
        found
        for (found,) in connection.execute(
            f"select {value} from (select unnest(?::varchar[]) as value, unnest(?) as position)"
            " order by position",
            [list(written), list(range(len(written)))],
        ).fetchall()
    ]
