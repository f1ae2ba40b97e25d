"""What the rows of a KPI add to a value, summed as `docs/change-a-kpi.md` tells it.

That is not how the roll-up goes about it, so that the one can be held against the other.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from orchestration.periods import Period


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
    """What the catalogue says of a KPI; ``spans`` are the rules by which a side reads them."""

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

    @property
    def total(self) -> Decimal:
        """Add them up."""
        return self.moments + self.spans - self.in_both


@dataclass(frozen=True)
class Table:
    """Rows to be shown, of as many as ``count`` in all."""

    columns: list[str]
    rows: list[tuple]
    count: int


# What a span adds by the rule it is read by; of a mean, for all days together.
SPANS_OF_ROWS = {
    None: "0",
    "start": "case when is_at_start then {side} else 0 end",
    "end": "case when is_at_end then {side} else 0 end",
    "change": "{side} * (cast(is_at_end as int) - cast(is_at_start as int))",
    "mean": "{side} * days",
}
SPANS_OF_UNITS = {
    None: "0",
    "start": "max(case when is_at_start and {side} > 0 then 1 else 0 end)",
    "end": "max(case when is_at_end and {side} > 0 then 1 else 0 end)",
    "change": """
        max(case when is_at_end and {side} > 0 then 1 else 0 end)
        - max(case when is_at_start and {side} > 0 then 1 else 0 end)
    """,
    "mean": "sum({side}_days)",
}
# Days on which a span of a unit makes it count that no earlier span has.
DAYS_OF_UNITS = """
    case when days > 0 and {side} > 0 then greatest(
        least(ends_on, getvariable('last_date')) - greatest(
            kpi_date,
            getvariable('first_date'),
            max(ends_on) over (
                partition by part, unit_id, days > 0 and {side} > 0
                order by kpi_date, ends_on
                rows between unbounded preceding and 1 preceding
            ) + 1
        ) + 1,
        0
    ) else 0 end
"""


def contributions(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice, last_date: date, most: int
) -> tuple[dict[str, Side], int, Table]:
    """Return the sides of a value, how many units or rows it rests on, and the largest ones.

    Leaves the rows of the slice that count in the period in the temporary table ``slice_rows``.
    """
    _read(connection, kpi, wanted, last_date)
    elapsed_days = (last_date - wanted.period.first_date).days + 1
    sides = {side: _side(connection, kpi, elapsed_days, side) for side in kpi.sides}
    return (
        sides,
        _unit_count(connection, kpi, sides),
        _contributors(connection, kpi, wanted, elapsed_days, most),
    )


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


def _read(connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice, last_date: date) -> None:
    """Make the table ``contributions``: what each row, or each unit, adds to the value.

    ``<side>_moment`` is what it adds as a moment, ``<side>_span`` as a span.
    """
    for name, value in {
        "first_date": wanted.period.first_date,
        "last_date": last_date,
        "eve": wanted.period.first_date - timedelta(1),
        "member": wanted.member,
        "part": wanted.part,
    }.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(
        f"""
        create or replace temp table slice_rows as
        select
            *,
            ends_on is null as is_moment,
            coalesce(getvariable('eve') between kpi_date and ends_on, false) as is_at_start,
            coalesce(getvariable('last_date') between kpi_date and ends_on, false)
                as is_at_end,
            case
                when ends_on is null then 0
                else greatest(
                    least(ends_on, getvariable('last_date'))
                    - greatest(kpi_date, getvariable('first_date')) + 1,
                    0
                )
            end as days
        from ({_rows_of(connection, kpi)})
        where
            {"true" if wanted.dimension == "all" else f"{wanted.dimension} = getvariable('member')"}
            and kpi_date <= getvariable('last_date')
            and case
                when ends_on is null then kpi_date >= getvariable('first_date')
                else ends_on >= getvariable('eve')
            end
        """
    )
    if kpi.counts == "row":
        columns = ["* exclude (numerator, denominator)"]
        for side in ("numerator", "denominator"):
            columns += [
                f"case when is_moment then {side} else 0 end as {side}_moment",
                f"{SPANS_OF_ROWS[kpi.spans[side]].format(side=side)} as {side}_span",
            ]
        from_rows = "slice_rows"
    else:
        columns = ["part", "unit_id", "min(kpi_date) as kpi_date", "count(*) as row_count"]
        days = []
        for side in ("numerator", "denominator"):
            columns += [
                f"max(case when is_moment and {side} > 0 then 1 else 0 end) as {side}_moment",
                f"{SPANS_OF_UNITS[kpi.spans[side]].format(side=side)} as {side}_span",
            ]
            if kpi.spans[side] == "mean":
                days.append(f"{DAYS_OF_UNITS.format(side=side)} as {side}_days")
        from_rows = f"(select {', '.join(['*', *days])} from slice_rows) group by part, unit_id"
    connection.execute(
        "create or replace temp table contributions as"
        f" select {', '.join(columns)} from {from_rows}"
    )


def _rows_of(connection: duckdb.DuckDBPyConnection, kpi: Kpi) -> str:
    """Select the rows of a KPI, with what its table may leave out."""
    table = f"kpi_{kpi.kpi_id}"
    columns = columns_of(connection, table)
    selected = [
        "cast(unit_id as varchar) as unit_id",
        "kpi_date",
        "ends_on" if "ends_on" in columns else "cast(null as date) as ends_on",
        f"coalesce({kpi.mix}, 'unknown') as part" if kpi.mix else "'all' as part",
        *(f"coalesce({name}, 'unknown') as {name}" for name in kpi.dimensions),
        "cast(numerator as decimal(28, 4)) as numerator",
        f"cast({'denominator' if 'denominator' in columns else '0'} as decimal(28, 4))"
        " as denominator",
    ]
    return f"select {', '.join(selected)} from release.main.{table}"


def _side(connection: duckdb.DuckDBPyConnection, kpi: Kpi, elapsed_days: int, side: str) -> Side:
    # the parts of a mix are shares of the whole slice
    is_whole = kpi.mix and side == "denominator"
    counts_once = kpi.counts == "unit" and kpi.spans[side] in ("start", "end")
    moments, moment_count, spans, span_count, in_both = connection.execute(
        f"""
        select
            coalesce(sum({side}_moment), 0),
            count(*) filter ({side}_moment != 0),
            coalesce(sum({side}_span), 0),
            count(*) filter ({side}_span != 0),
            coalesce(sum({f"{side}_moment * {side}_span" if counts_once else "0"}), 0)
        from contributions
        where {"true" if is_whole else "part = getvariable('part')"}
        """
    ).fetchone()
    rule = kpi.spans[side]
    if rule == "mean":
        spans = Decimal(spans) / elapsed_days
    return Side(Decimal(moments), moment_count, rule, Decimal(spans), span_count, Decimal(in_both))


def _unit_count(connection: duckdb.DuckDBPyConnection, kpi: Kpi, sides: dict[str, Side]) -> int:
    """Count what the value rests on: units of its last side, or rows of its part."""
    if kpi.counts == "unit":
        return int(sides[kpi.sides[-1]].total)
    is_at_start = "start" in (kpi.spans["denominator"] or kpi.spans["numerator"] or "")
    return connection.execute(
        f"""
        select count(*) from slice_rows
        where
            part = getvariable('part')
            and (is_moment or {"is_at_start" if is_at_start else "is_at_end"})
        """
    ).fetchone()[0]


def _contributors(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice, elapsed_days: int, most: int
) -> Table:
    """Return the rows, or units, that add most to the numerator, then to the denominator."""
    if kpi.counts == "row":
        told = ["unit_id", "kpi_date", *(["ends_on"] if any(kpi.spans.values()) else [])]
        told += [name for name in kpi.dimensions if name != wanted.dimension]
    else:
        told = ["unit_id", "kpi_date", "row_count"]
    days = {side: elapsed_days if kpi.spans[side] == "mean" else 1 for side in kpi.sides}
    added = [f"{side}_moment + {side}_span / {days[side]} as {side}" for side in kpi.sides]
    found = connection.execute(
        f"""
        select {", ".join([*told, *added])}, count(*) over () as contributor_count
        from contributions
        where
            part = getvariable('part')
            and ({" or ".join(f"{side}_moment != 0 or {side}_span != 0" for side in kpi.sides)})
        order by {", ".join(f"abs({side}) desc" for side in kpi.sides)}, kpi_date, unit_id
        limit {most}
        """
    ).fetchall()
    return Table([*told, *kpi.sides], [row[:-1] for row in found], found[0][-1] if found else 0)
