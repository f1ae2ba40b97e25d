"""A SQLAlchemy dialect that lets Great Expectations run its checks inside DuckDB.

With the stock ``duckdb-engine`` results are read after their cursor was used for the next
statement. Here they are read at once. There is no reflection: checks are queries.
"""

from typing import Any

import duckdb
import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import StaticPool


class BufferedExecutionContext(duckdb_engine.Dialect.execution_ctx_cls):
    """Reads every result at once, so that it outlives its statement."""

    def post_exec(self) -> None:
        """Keep the rows of a statement that returned some."""
        super().post_exec()
        if self.cursor is not None and self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, initial_buffer=list(self.cursor.fetchall())
            )


class AuditDialect(duckdb_engine.Dialect):
    """DuckDB as Great Expectations can use it, under the name ``duckdb+audit``."""

    execution_ctx_cls = BufferedExecutionContext
    supports_statement_cache = False


registry.register("duckdb.audit", __name__, "AuditDialect")


def engine_options(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what ``create_engine("duckdb+audit://")`` needs to run all on one connection.

    Great Expectations makes two engines and connects hundreds of times; opening the file each
    time takes longer than the checks, and temporary tables belong to one connection.
    """
    wrapped = duckdb_engine.ConnectionWrapper(connection)
    return {"creator": lambda: wrapped, "poolclass": StaticPool}
