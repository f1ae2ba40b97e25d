"""The guides for BI tools: their blocks of code as they stand, and the figures these must give."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from postgres_server import PASSWORD, Server, running_server

from orchestration.contract import DBT_PROJECT
from orchestration.postgres.copying import copy_release

ROOT = DBT_PROJECT.parent
PAGES = (ROOT / "README.md", ROOT / "docs/bi-tools.md", *sorted(ROOT.glob("docs/bi-tools/*.md")))
KPIS = {
    path.stem.removeprefix("kpi_") for path in DBT_PROJECT.glob("models/marts/kpis/*/kpi_*.sql")
}
READER = "analyst"
DAYS = ("period_start", "calendar_date", "month")

# (month, portfolio), value
Figures = dict[tuple[date, str], float | None]


@dataclass(frozen=True)
class Block:
    """A block of code of a page; ``kpi_id`` is the KPI it names, None where it lists many."""

    page: str
    language: str
    text: str

    @property
    def kpi_id(self) -> str | None:
        named = set(re.findall(r"['\"](\w+)['\"]", self.text)) & KPIS
        assert len(named) <= 1, f"{self.page}: a block about {named}"
        return named.pop() if named else None


def blocks(language: str) -> list[Block]:
    """Return the blocks of the guides in a language, in the order of the pages."""
    return [
        Block(page.stem, language, text)
        for page in PAGES
        for found, text in re.findall(
            r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        if found == language
    ]


@contextmanager
def served(home: Path) -> Iterator[Server]:
    """Serve a home's release from the database, and to the login, that the guides name."""
    with running_server() as server:
        server.rows("create database bi")
        copy_release(home, server.url("bi"))
        server.rows(f"create role {READER} login password '{PASSWORD}'")
        server.rows(f"grant collections_reader to {READER}")
        yield server


def figures(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Figures:
    """Bring a result to figures; where it has no value, sum both sides and divide, as tools do."""
    found: dict[tuple[date, str], list[dict[str, Any]]] = {}
    for row in rows:
        named = dict(zip(columns, row, strict=True))
        day = next(named[name] for name in DAYS if name in named)
        member = named.get("portfolio") or named["member"]
        found.setdefault((day.replace(day=1), member), []).append(named)
    return {slice_: _value(rows) for slice_, rows in found.items()}


def _value(rows: Sequence[dict[str, Any]]) -> float | None:
    if "value" in rows[0]:
        assert len(rows) == 1, f"{len(rows)} rows for one figure"
        return rows[0]["value"]
    assert not any(row.get("blocked_cells") or row.get("blocked_by") for row in rows)
    # a decimal arrives as text over ADBC
    numerator, denominator = (
        sum(Decimal(row[side]) for row in rows) for side in ("numerator", "denominator")
    )
    return float(numerator) / float(denominator) if denominator > 0 else None


def check(release: duckdb.DuckDBPyConnection, kpi_id: str, found: Figures) -> None:
    """Hold figures against what a release publishes by month and portfolio, to the last digit.

    Of a stock in two currencies the cells are rounded one by one, to four decimals.
    """
    published = {
        (month, member): value
        for month, member, value in release.execute(
            "select period_start, member, value from kpi_values where kpi_id = ?"
            " and period_grain = 'month' and dimension = 'portfolio' and part = 'all'",
            [kpi_id],
        ).fetchall()
    }
    assert sum(value is not None for value in published.values()) > 10
    no_cells = dict.fromkeys(published.keys() - found.keys())
    [(is_rounded,)] = release.execute(
        "select bool_or(is_stock) and count(distinct currency) > 1 from kpi_cells where kpi_id = ?",
        [kpi_id],
    ).fetchall()
    expected = pytest.approx(published, rel=1e-8, abs=0) if is_rounded else published
    assert {**found, **no_cells} == expected
