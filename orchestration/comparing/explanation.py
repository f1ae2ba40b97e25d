"""Where a published value comes from: its arithmetic, done again from the rows of its KPI.

Everything is read from a release.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isclose
from pathlib import Path

import duckdb

from orchestration.comparing.contributions import contributions
from orchestration.errors import InputError
from orchestration.slices import Kpi, Side, Slice, Table, columns_of
from orchestration.sql_text import literal

MOST_NAMES = 12


class ExplanationError(Exception):
    """A published value is not what its rows say."""


@dataclass(frozen=True)
class Published:
    """A row of `kpi_values`."""

    numerator: Decimal
    denominator: Decimal | None
    value: float | None
    unit_count: int
    currency: str | None
    previous_value: float | None
    change_points: float | None
    change_relative: float | None
    target: float | None
    is_mature: bool
    is_small_sample: bool
    is_complete_period: bool
    blocked_by: str | None


@dataclass(frozen=True)
class Explanation:
    """A published value, how it comes about and what it is made of."""

    kpi: Kpi
    slice: Slice
    published: Published
    last_date: date
    sides: dict[str, Side]
    unit_count: int
    contributors: Table
    blocked_by: str | None
    unit_id_is: str

    @property
    def value(self) -> float | None:
        """The value its sides give."""
        numerator = float(self.sides["numerator"].total)
        if self.kpi.kind == "amount":
            return numerator * self.kpi.multiplier
        denominator = float(self.sides["denominator"].total)
        return numerator / denominator * self.kpi.multiplier if denominator > 0 else None


def open_release(release: Path) -> duckdb.DuckDBPyConnection:
    """Open a release for reading, with room beside it for tables of our own."""
    connection = duckdb.connect()
    connection.execute(f"attach {literal(release)} as release (read_only)")
    connection.execute("use release")
    return connection


def explain(connection: duckdb.DuckDBPyConnection, wanted: Slice, most: int = 10) -> Explanation:
    """Do the arithmetic of a value again and hold it against what is published.

    Raises ``InputError`` where there is no such value, or none that can be taken apart, and
    ``ExplanationError`` where the rows do not give the published value.
    """
    kpi = kpi_named(connection, wanted.kpi_id)
    published = _published(connection, kpi, wanted)
    if kpi.kind == "statistic":
        raise InputError(_what_a_statistic_says(kpi, wanted, published))
    as_of = connection.execute("select as_of from release").fetchone()[0]
    last_date = min(wanted.period.last_date, as_of)
    unit_id_is = columns_of(connection, f"kpi_{kpi.kpi_id}")["unit_id"] or ""
    explanation = Explanation(
        kpi,
        wanted,
        published,
        last_date,
        *contributions(connection, kpi, wanted, last_date, most),
        unit_id_is,
    )
    _hold_against(explanation)
    if published.blocked_by:
        raise InputError(
            f"{wanted} is not published: there is {published.blocked_by} to convert its amounts."
            " The slices by currency are in their own."
        )
    return explanation


def kpi_named(connection: duckdb.DuckDBPyConnection, kpi_id: str) -> Kpi:
    """Return what the catalogue says of a KPI whose exports have come."""
    row = connection.execute(
        """
        select
            kpi_id, name_en, question_en, definition_en, unit, kind, counts,
            {'numerator': numerator_spans, 'denominator': denominator_spans},
            mix, multiplier, coalesce(string_split(dimensions, ', '), []),
            list_filter(
                ['numerator', 'denominator'],
                lambda side: case side
                    when 'numerator' then is_numerator_money else is_denominator_money
                end
            ),
            waits_for
        from kpi_catalog where kpi_id = ?
        """,
        [kpi_id],
    ).fetchone()
    if row is None:
        known = connection.execute("select kpi_id from kpi_catalog order by kpi_id").fetchall()
        raise InputError(f"{kpi_id}: there is no such KPI, but {_names(known, len(known))}.")
    kpi = Kpi(*row)
    if kpi.waits_for:
        raise InputError(f"{kpi_id} has no values: it waits for the exports {kpi.waits_for}.")
    return kpi


def _published(connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice) -> Published:
    row = connection.execute(
        """
        select
            numerator, denominator, value, unit_count, currency, previous_value, change_points,
            change_relative, target, is_mature, is_small_sample, is_complete_period,
            blocked_by
        from kpi_values
        where
            kpi_id = ? and period_grain = ? and period_start = ?
            and dimension = ? and member = ? and part = ?
        """,
        [
            kpi.kpi_id,
            *(wanted.period.grain, wanted.period.first_date),
            *(wanted.dimension, wanted.member, wanted.part),
        ],
    ).fetchone()
    if row is None:
        raise InputError(_what_there_is_instead(connection, kpi, wanted))
    return Published(*row)


def _what_there_is_instead(connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice) -> str:
    """Say what is wrong with a slice that was not published, and which ones were."""
    if wanted.dimension not in ("all", *kpi.dimensions):
        return (
            f"--dimension {wanted.dimension}: that is no dimension of {kpi.kpi_id}, but"
            f" {', '.join(kpi.dimensions) or 'none'}."
        )
    if wanted.part != "all" and not kpi.mix and kpi.kind != "statistic":
        return f"--part {wanted.part}: {kpi.kpi_id} is no mix and has no parts."
    for option in ("member", "part"):
        there = connection.execute(
            f"""
            select {option}, max(period_start) as newest from kpi_values
            where kpi_id = ? and dimension = ?
            group by {option} order by newest desc, {option}
            """,
            [kpi.kpi_id, wanted.dimension],
        ).fetchall()
        asked = getattr(wanted, option)
        if there and asked not in {name for name, _ in there}:
            which = wanted.dimension if option == "member" else kpi.mix or "part"
            return f"--{option} {asked}: {kpi.kpi_id} has no such {which}, but {_names(there)}."
    grain = wanted.period.grain
    first, last = connection.execute(
        "select min(period_start), max(period_start) from kpi_values"
        " where kpi_id = ? and period_grain = ? and dimension = ? and member = ? and part = ?",
        [kpi.kpi_id, grain, wanted.dimension, wanted.member, wanted.part],
    ).fetchone()
    if first is None:
        return f"--period {wanted.period}: {kpi.kpi_id} has no values by {grain} there."
    return (
        f"--period {wanted.period}: there is no value for {wanted}; those by {grain} begin on"
        f" {first} to {last}."
    )


def _names(rows: list[tuple], most: int = MOST_NAMES) -> str:
    shown = ", ".join(str(row[0]) for row in rows[:most])
    return shown if len(rows) <= most else f"{shown} and {len(rows) - most} more"


def _what_a_statistic_says(kpi: Kpi, wanted: Slice, published: Published) -> str:
    value = "not there yet" if published.value is None else f"{published.value:,.4g}"
    return (
        f"{wanted} is a statistic, not a sum of rows, and cannot be taken apart: it is {value},"
        f" from {published.numerator:,.0f} events among {published.denominator:,.0f} units at"
        f" risk. kpi_{kpi.kpi_id} holds it for every period and slice; its definition:"
        f" {kpi.definition}"
    )


def _hold_against(explanation: Explanation) -> None:
    """Raise unless the rows give what is published."""
    published = explanation.published
    found = {
        "unit_count": (explanation.unit_count, published.unit_count),
        "blocked_by": (explanation.blocked_by, published.blocked_by),
    }
    differ = {name for name, (rows, said) in found.items() if rows != said}
    if not published.blocked_by:
        for name, side in explanation.sides.items():
            found[name] = side.total, getattr(published, name)
            if abs(side.total - getattr(published, name)) > side.tolerance:
                differ.add(name)
        found["value"] = explanation.value, published.value
        if not _is_same_value(explanation):
            differ.add("value")
    if differ:
        raise ExplanationError(
            f"{explanation.slice}: "
            + ", and ".join(
                f"by the rows of kpi_{explanation.kpi.kpi_id} its {name} is {rows}, but"
                f" kpi_values has {said}"
                for name, (rows, said) in found.items()
                if name in differ
            )
            + "."
        )


def _is_same_value(explanation: Explanation) -> bool:
    """Compare the values, allowing for what converted amounts lose in their last decimals."""
    value, published = explanation.value, explanation.published.value
    if value is None or published is None:
        return value is published
    sides = explanation.sides
    weights = {"numerator": explanation.kpi.multiplier, "denominator": abs(value)}
    allowed = sum(
        weights[name] * float(side.tolerance) for name, side in sides.items() if side.is_converted
    )
    if "denominator" in sides:
        allowed /= float(sides["denominator"].total)
    return isclose(value, published, rel_tol=1e-9, abs_tol=allowed)
