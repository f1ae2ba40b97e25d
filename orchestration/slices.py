"""What a value of a KPI is, of which slice, and how its rows are laid out."""

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from orchestration.periods import Period

LAST_DECIMAL = Decimal("0.0001")


@dataclass(frozen=True)
class Slice:
    """Which value of a KPI is meant: a period, a member of a dimension, a part of a mix."""

    kpi_id: str
    period: Period
    dimension: str = "all"
    member: str = "all"
    part: str = "all"

    def __str__(self) -> str:
        where = "" if self.dimension == "all" else f", {self.dimension} {self.member}"
        part = "" if self.part == "all" else f", part {self.part}"
        return f"{self.kpi_id} in {self.period}{where}{part}"


@dataclass(frozen=True)
class Kpi:
    """What the catalogue says of a KPI.

    ``spans`` are the rules by which a side reads them, ``money`` the sides that are converted.
    """

    kpi_id: str
    name: str
    question: str
    definition: str
    unit: str
    kind: str
    counts: str
    spans: dict[str, str | None]
    mix: str | None
    multiplier: float
    dimensions: tuple[str, ...]
    money: tuple[str, ...]
    waits_for: str | None

    @property
    def sides(self) -> tuple[str, ...]:
        """Name the sides it has."""
        return ("numerator",) if self.kind == "amount" else ("numerator", "denominator")


@dataclass(frozen=True)
class Side:
    """A side of a value: its moments, and its spans as ``rule`` reads them.

    Where units are counted, those in both count once.
    """

    moments: Decimal
    moment_count: int
    rule: str | None
    spans: Decimal
    span_count: int
    in_both: Decimal
    is_converted: bool

    @property
    def total(self) -> Decimal:
        """Add them up."""
        return self.moments + self.spans - self.in_both

    @property
    def tolerance(self) -> Decimal:
        """How much a published side may differ: it has four decimals, as has what it sums."""
        summed = self.moment_count + self.span_count if self.is_converted else 0
        return LAST_DECIMAL * (1 + summed)


@dataclass(frozen=True)
class Table:
    """Rows to be shown, of as many as ``count`` in all."""

    columns: list[str]
    rows: list[tuple]
    count: int


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str | None]:
    """Return the columns of a table of the release, and how each is described."""
    return dict(
        connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where database_name = current_database() and table_name = ?",
            [table],
        ).fetchall()
    )


def table_of(
    connection: duckdb.DuckDBPyConnection, select: str, parameters: dict[str, str], most: int
) -> Table:
    """Return the first rows of a query that gives few."""
    cursor = connection.execute(select, parameters)
    columns = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    return Table(columns, rows[:most], len(rows))
