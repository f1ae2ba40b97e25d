"""The pages of the dashboard and their words, as `pages*.yml` and `texts*.yml` declare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
LANGUAGES = ("en", "pt", "es")
FILES = ("pages.yml", "pages_what_works.yml", "pages_whom_and_when.yml")
# what the reader may split by; not by agent, who is a person
SPLITS = ("portfolio", "product", "creditor_brand", "segment", "region", "age_band", "channel")
# Their direction holds only while the recovery rate does not fall: nothing is said of a change.
UNJUDGED = (
    "accounts_per_collector",
    "accounts_per_collector_fte",
    "outbound_call_volume",
    "outbound_calls_per_1000_accounts",
)

# the word for each language
Words = Mapping[str, str]
# names of the files in `queries/` that every page reads the release with
OF_EVERY_PAGE = ("release", "kpis")
# and those of figures, whatever is on them
OF_FIGURES = ("periods", "members", "kpi_series")
# and what kinds of figures read besides
OF_KIND = {"funnel": "contact_funnel", "hours": "contact_hours", "preferences": "benchmarks"}
# what of a figure is declared as a list
LISTS = ("kpis", "label")
# the page of trust has no figures
OF_TRUST = ("arrivals", "runs", "restatements", "restatement_causes", "overrides")


@dataclass(frozen=True)
class Figure:
    """A chart: what kind (see charts.py), of which KPIs, and split by what unless chosen.

    ``definition`` says what it shows where that is no KPI, ``note`` what to read it with. A figure
    of the rows of a ``query`` has a table of ``columns``, each with what it is in (see tables.js);
    a chart of them names a row by its ``label`` columns, and has a panel for each value of another.
    """

    id: str
    kind: str
    title: Words
    kpis: tuple[str, ...] = ()
    dimension: str | None = None
    definition: Words | None = None
    note: Words | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    label: tuple[str, ...] = ()
    panel: str | None = None


@dataclass(frozen=True)
class Page:
    """A page: KPIs as tiles, then figures, all as of one release."""

    id: str
    title: Words
    lead: Words
    tiles: tuple[str, ...]
    figures: tuple[Figure, ...]

    @property
    def kpis(self) -> list[str]:
        """Ids of all KPIs it shows, each once."""
        of_figures = (kpi for figure in self.figures for kpi in figure.kpis)
        return list(dict.fromkeys([*self.tiles, *of_figures]))

    @property
    def own_queries(self) -> list[str]:
        """Names of those that other pages do not read."""
        read = (OF_KIND.get(figure.kind) or figure.query for figure in self.figures)
        return list(dict.fromkeys(name for name in read if name))

    @property
    def queries(self) -> tuple[str, ...]:
        """Names of the files in `queries/` it reads the release with."""
        return (*OF_EVERY_PAGE, *OF_FIGURES, *self.own_queries)


@cache
def pages() -> tuple[Page, ...]:
    """Return the pages of figures, in the order of the menu."""
    return tuple(
        Page(
            id=name,
            title=page["title"],
            lead=page["lead"],
            tiles=tuple(page["tiles"]),
            figures=tuple(
                Figure(**{**figure, **{name: tuple(figure.get(name, ())) for name in LISTS}})
                for figure in page["figures"]
            ),
        )
        for name, page in _declared(*FILES).items()
    )


def dimensions() -> list[str]:
    """Return what figures are split by, by the reader or as they come."""
    own = (figure.dimension for page in pages() for figure in page.figures if figure.dimension)
    return list(dict.fromkeys([*SPLITS, *own]))


@cache
def texts() -> Mapping[str, Mapping[str, Words]]:
    """Return all words by group ("words", "dimensions", ...) and key, in each language."""
    return _declared("texts.yml", "texts_of_tables.yml")


def query(name: str) -> str:
    """Return the SQL of a file in `queries/`."""
    return (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def _declared(*names: str) -> dict[str, Any]:
    """Return what files declare, in their order."""
    declared = {}
    for name in names:
        declared |= yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return declared
