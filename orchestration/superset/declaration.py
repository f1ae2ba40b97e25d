"""What `charts.yml` declares: tabs of rows of charts, each checked against the KPIs there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestration.errors import InputError
from orchestration.kpi_pages import Kpi

CHARTS = Path(__file__).with_name("charts.yml")
OF_ONE_KPI = ("headline", "months", "slices", "parts")
SHOWS = (*OF_ONE_KPI, "lines", "latest", "catalog", "release")


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, its KPIs, its title, and the dimension it is sliced by.

    `units` are those a table of the newest values is limited to; `height` is in grid units of 8
    pixels, where it is not the one of its kind.
    """

    shows: str
    kpis: tuple[Kpi, ...]
    title: str
    by: str | None = None
    units: tuple[str, ...] = ()
    height: int | None = None

    @property
    def name(self) -> str:
        """What tells it from all others, and names its file."""
        words = [self.shows, *(kpi.kpi_id for kpi in self.kpis[:1]), *self.units[:1]]
        return "_".join([*words, *([f"by_{self.by}"] if self.by else [])])


@dataclass(frozen=True)
class Tab:
    """A tab: its title, a note above its charts, and its rows of charts."""

    title: str
    note: str | None
    rows: tuple[tuple[Chart, ...], ...]


def declared_tabs(kpis: Sequence[Kpi], text: str | None = None) -> list[Tab]:
    """Return the tabs of `charts.yml`, or of a text like it.

    Raises InputError where it names what there is not, or charts as one what is not comparable.
    """
    by_id = {kpi.kpi_id: kpi for kpi in kpis}
    written = yaml.safe_load(text or CHARTS.read_text(encoding="utf-8"))
    return [
        Tab(
            tab["tab"],
            tab.get("note"),
            tuple(tuple(_chart(chart, by_id) for chart in row) for row in tab["rows"]),
        )
        for tab in written
    ]


def charts_of(tabs: Sequence[Tab]) -> Iterator[Chart]:
    """Yield all charts, in the order of the tabs."""
    for tab in tabs:
        for row in tab.rows:
            yield from row


def _chart(written: Mapping, by_id: Mapping[str, Kpi]) -> Chart:
    shows = next((name for name in SHOWS if name in written), None)
    if shows is None:
        raise _wrong(written, f"shows none of {', '.join(SHOWS)}")
    about = written[shows]
    if shows == "latest":
        units = tuple(about.split(", "))
        return Chart(shows, (), written["title"], units=units, height=written.get("height"))
    if shows in ("catalog", "release"):
        return Chart(shows, (), {"catalog": "Definitions", "release": "The release"}[shows])
    named = [about] if shows in OF_ONE_KPI else about
    if unknown := [kpi_id for kpi_id in named if kpi_id not in by_id]:
        raise _wrong(written, f"there is no KPI {unknown[0]}")
    kpis = tuple(by_id[kpi_id] for kpi_id in named)
    _check(written, shows, kpis)
    names = kpis[0].meta["name"]["en"]
    by = written.get("by")
    title = written.get("title") or (f"{names} by {_words(by)}" if by else names)
    return Chart(shows, kpis, title, by)


def _check(written: Mapping, shows: str, kpis: Sequence[Kpi]) -> None:
    by = written.get("by")
    if by and by not in kpis[0].meta.get("dimensions", []):
        raise _wrong(written, f"{kpis[0].kpi_id} has no dimension {by}")
    if (shows == "slices") != (by is not None):
        raise _wrong(written, "slices are by a dimension, and nothing else is")
    if shows == "parts" and not kpis[0].has_parts:
        raise _wrong(written, f"{kpis[0].kpi_id} is no mix and has no parts")
    if shows != "parts" and any(kpi.has_parts for kpi in kpis):
        raise _wrong(written, "a mix is charted by its parts")
    if len({kpi.meta["unit"] for kpi in kpis}) > 1:
        raise _wrong(written, "its KPIs are of several units")
    ids = {kpi.kpi_id for kpi in kpis}
    for kpi in kpis:
        if others := ids & set(kpi.meta.get("not_comparable_with", [])):
            raise _wrong(written, f"{kpi.kpi_id} is not comparable with {min(others)}")


def _words(dimension: str) -> str:
    return dimension.replace("_", " ")


def _wrong(written: Mapping, problem: str) -> InputError:
    return InputError(f"{CHARTS.name}: the chart {dict(written)}: {problem}.")
