"""A SQLAlchemy dialect that lets Great Expectations run its checks inside DuckDB.

The stock ``duckdb-engine`` fails with Great Expectations because results are read after their
connection is closed and because reflection asks for ``pg_collation``, which DuckDB lacks. Both are
mended here. Regular-expression expectations are not supported through it.
"""

from typing import Any

import duckdb
import duckdb_engine
import sqlalchemy
from sqlalchemy import Connection, types
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import StaticPool

TYPES = {
    "BIGINT": types.BigInteger,
    "INTEGER": types.Integer,
    "DOUBLE": types.Float,
    "DATE": types.Date,
    "TIMESTAMP": types.DateTime,
    "BOOLEAN": types.Boolean,
}


class BufferedExecutionContext(duckdb_engine.Dialect.execution_ctx_cls):
    """Reads every result at once, so that it outlives its connection."""

    def post_exec(self) -> None:
        """Keep the rows of a statement that returned some."""
        super().post_exec()
        if self.cursor is not None and self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, initial_buffer=list(self.cursor.fetchall())
            )


class AuditDialect(duckdb_engine.Dialect):
    """DuckDB, with the reflection Great Expectations needs and no more."""

    execution_ctx_cls = BufferedExecutionContext
    supports_statement_cache = False

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        """Return the columns of a table or view as SQLAlchemy describes them."""
        columns = connection.execute(
            sqlalchemy.text(
                "select column_name, data_type, is_nullable from duckdb_columns()"
                " where table_name = :table and schema_name = coalesce(:schema, 'main')"
                " and database_name in (current_database(), 'temp') order by column_index"
            ),
            {"table": table_name, "schema": schema},
        )
        return [
            {"name": name, "type": _type_of(kind), "nullable": is_nullable, "default": None}
            for name, kind, is_nullable in columns.fetchall()
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Return no key: the tables of the warehouse declare none."""
        return {"constrained_columns": [], "name": None}


def _type_of(kind: str) -> types.TypeEngine:
    return types.Numeric() if kind.startswith("DECIMAL") else TYPES.get(kind, types.String)()


registry.register("duckdb.audit", __name__, "AuditDialect")


def engine_options(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what ``create_engine("duckdb+audit://")`` needs to run all on one connection.

    Great Expectations makes two engines and connects hundreds of times; opening the file each
    time takes longer than the checks, and temporary tables belong to one connection.
    """
    wrapped = duckdb_engine.ConnectionWrapper(connection)
    return {"creator": lambda: wrapped, "poolclass": StaticPool}
