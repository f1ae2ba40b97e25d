"""Short ways to load exports in tests, over the very functions a run uses."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import duckdb

from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.filling import LoadedFile
from orchestration.ingestion.loading import load
from orchestration.ingestion.pending import pending
from orchestration.ingestion.sources import SourceSystem, default_source, load_source

ALL_CUSTOMERS = "select customer_id, region, row_number from raw.billing_customers order by all"


def load_all(
    connection: duckdb.DuckDBPyConnection,
    exports: Path,
    systems: Sequence[SourceSystem] | None = None,
    **limits: Any,
) -> list[LoadedFile]:
    found = find_deliveries(exports, systems or [default_source()])
    return load(connection, pending(connection, found, **limits))


def source_of(path: Path, settings: str) -> SourceSystem:
    path.write_text(dedent(settings), encoding="utf-8")
    return load_source(path)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()
