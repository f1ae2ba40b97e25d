"""Takes out what a file gave a kind that its system's YAML no longer has it feed.

The file is still there: its rows were a mistake of the mapping, and would stay in the figures. What
a file gave that was moved away stays, and so does what systems gave that a run does not read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contract import contract
from orchestration.ingestion.exports import DayRange, Found
from orchestration.ingestion.sources import SourceSystem
from orchestration.warehouse import transaction


@dataclass(frozen=True)
class Withdrawn:
    """What a file gave a kind ("billing.customers") and was taken out."""

    file_name: str
    kind: str
    rows: int

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind}, {self.rows:,} rows)"


def withdraw(
    connection: duckdb.DuckDBPyConnection,
    found: Found,
    systems: Sequence[SourceSystem],
    days: DayRange | None,
    kinds: Collection[str],
) -> list[Withdrawn]:
    """Delete the rows of files below the exports directory that no mapping gives their kind.

    So it is too where the export day of a file was corrected: it is another delivery then.
    """
    fed = {
        (delivery.system.system, kind, delivery.export_day, delivery.file_name)
        for delivery in found.deliveries
        for kind in delivery.kinds
    }
    there = {*found.unclaimed, *(delivery.file_name for delivery in found.deliveries)}
    names = {system.system for system in systems}
    noted = connection.execute(
        "select source_system, area || '.' || kind, export_day, file_name, rows_in from raw.files"
        " order by all"
    ).fetchall()
    withdrawn = []
    with transaction(connection):
        for *identity, rows in noted:
            system, kind, day, file_name = identity
            if (
                tuple(identity) in fed
                or system not in names
                or file_name not in there
                or kind not in kinds
                or (days is not None and day not in days)
            ):
                continue
            _delete(connection, *identity)
            withdrawn.append(Withdrawn(file_name, kind, rows))
    return withdrawn


def _delete(
    connection: duckdb.DuckDBPyConnection, system: str, kind: str, day: object, file_name: str
) -> None:
    of_file = "source_system = ? and export_day = ? and file_name = ?"
    of_kind = "area || '.' || kind = ?"
    file = [system, day, file_name]
    connection.execute(f"delete from {contract()[kind].table} where {of_file}", file)
    for table in ("raw.rejected_rows", "raw.files"):
        connection.execute(f"delete from {table} where {of_file} and {of_kind}", [*file, kind])
