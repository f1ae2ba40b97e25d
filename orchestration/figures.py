"""The published figures, read from a release."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.errors import InputError

GRAINS = ("day", "week", "month", "quarter", "year")
MOST_PERIODS = 12
NEWEST = """
    row_number() over (
        partition by figures.kpi_id, figures.member
        order by
            figures.is_complete_period desc, figures.is_mature desc, figures.period_start desc
    ) = 1
"""
RECENT = f"""
    dense_rank() over (
        partition by figures.kpi_id order by figures.period_start desc
    ) <= {MOST_PERIODS}
"""


@dataclass(frozen=True)
class Figure:
    """A value of a KPI and how it compares; ``trend`` ends with it, oldest first.

    ``change_points`` is in the value's own unit, ``change_relative`` a fraction of the previous
    one; both are None where the two periods do not compare.
    """

    kpi_id: str
    name: str
    unit: str
    direction: str
    period_start: date
    member: str
    value: float | None
    currency: str | None
    change_points: float | None
    change_relative: float | None
    is_mature: bool
    is_complete: bool
    trend: tuple[float | None, ...]


def newest_figures(release: Path, dimension: str = "all", grain: str = "month") -> list[Figure]:
    """Per KPI and member its newest period that is complete and, if any is, mature."""
    return _figures(release, None, dimension, grain, which=NEWEST)


def recent_figures(release: Path, kpi_id: str, dimension: str, grain: str) -> list[Figure]:
    """Return the last periods of a KPI, newest first, by member."""
    return _figures(release, kpi_id, dimension, grain, which=RECENT)


def _figures(
    release: Path, kpi_id: str | None, dimension: str, grain: str, *, which: str
) -> list[Figure]:
    with closing(duckdb.connect(release, read_only=True)) as connection:
        _check(connection, kpi_id, dimension, grain)
        rows = connection.execute(
            f"""
            select
                figures.kpi_id, catalog.name_en, catalog.unit, catalog.direction,
                figures.period_start, figures.member, figures.value, figures.currency,
                figures.change_points, figures.change_relative,
                figures.is_mature, figures.is_complete_period,
                list(figures.value) over (
                    partition by figures.kpi_id, figures.member
                    order by figures.period_start
                    rows between 5 preceding and current row
                ) as trend
            from kpi_values as figures
            inner join kpi_catalog as catalog on figures.kpi_id = catalog.kpi_id
            where
                figures.period_grain = $grain
                and figures.dimension = $dimension
                and figures.part = 'all'
                and figures.kpi_id = coalesce($kpi_id, figures.kpi_id)
            qualify {which}
            order by catalog.kpi_position, figures.period_start desc, figures.member
            """,
            {"grain": grain, "dimension": dimension, "kpi_id": kpi_id},
        ).fetchall()
    return [Figure(*row[:-1], trend=tuple(row[-1])) for row in rows]


def _check(
    connection: duckdb.DuckDBPyConnection, kpi_id: str | None, dimension: str, grain: str
) -> None:
    if grain not in GRAINS:
        raise InputError(f"--grain {grain}: there is {', '.join(GRAINS)}.")
    catalog: dict[str, str | None] = dict(
        connection.execute("select kpi_id, dimensions from kpi_catalog").fetchall()
    )
    if kpi_id is not None and kpi_id not in catalog:
        raise InputError(f"--kpi {kpi_id}: there is no such KPI, but {', '.join(sorted(catalog))}.")
    dimensions = {
        name
        for one, names in catalog.items()
        for name in (names or "").split(", ")
        if kpi_id in (None, one) and name
    }
    if dimension not in dimensions | {"all"}:
        raise InputError(
            f"--by {dimension}: that is no dimension of {kpi_id or 'any KPI'},"
            f" but {', '.join(sorted(dimensions))}."
        )
