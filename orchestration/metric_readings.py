"""How the metrics of the semantic layer are read from a release, by the KPIs' metadata."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.kpi_pages import Kpi

SIDES = ("numerator", "denominator")
NATIVE = "_native"


@dataclass(frozen=True)
class Reading:
    """How the metrics of a KPI are read: a view of the release and what is summed in it.

    ``rule`` is how its spans are read, None where it has none, and ``sides_with_spans`` where.
    A native reading is a second one of amounts of money, each in its own currency.
    """

    kpi: Kpi
    dimensions: tuple[str, ...]
    rule: str | None
    sides_with_spans: tuple[str, ...]
    is_native: bool

    @property
    def name(self) -> str:
        """Name of its view, of its semantic model and of its metric."""
        return self.kpi.kpi_id + (NATIVE if self.is_native else "")

    @property
    def sides(self) -> list[str]:
        """Its sides: an amount has no denominator."""
        return [side for side in SIDES if side in self.kpi.columns]

    @property
    def counts_units(self) -> bool:
        """Whether a unit counts once, however many rows it has."""
        return self.kpi.meta.get("counts") == "unit"

    @property
    def mix(self) -> str | None:
        """Column whose members are the parts of a mix."""
        return self.kpi.meta.get("mix")

    @property
    def is_converted(self) -> bool:
        """Whether it adds amounts of several currencies, for which a rate may lack."""
        return bool(self.kpi.meta.get("money")) and not self.is_native

    @property
    def is_by_month_only(self) -> bool:
        """Whether it has no figure for periods longer than a month.

        Units that were so on the eve and those that came to be so in a longer period cannot be
        counted once from what is counted month by month.
        """
        return self.counts_units and self.rule is not None


def readings(kpi: Kpi) -> list[Reading]:
    """Return how the metrics of a KPI are read; not at all where it is left out."""
    if why_left_out(kpi.meta):
        return []
    spans = kpi.meta.get("spans", {})
    rule = next(iter(spans.values()), None)
    dimensions = tuple(kpi.meta.get("dimensions", ()))
    # amounts of a currency are published in it: not for those that were converted
    converted = tuple(name for name in dimensions if name != "currency")
    found = [Reading(kpi, converted, rule, tuple(spans), is_native=False)]
    if converted != dimensions:
        found.append(Reading(kpi, dimensions, rule, tuple(spans), is_native=True))
    return found


def why_left_out(meta: Mapping) -> str | None:
    """Say why a KPI is no metric, None where it is one."""
    spans = meta.get("spans", {})
    if meta.get("kind") == "statistic":
        return "a statistic: its model computes it for each period and slice, no sum of rows does"
    if "change" in spans.values():
        return "the change of a stock, which is read on two days of each period"
    if len(set(spans.values())) > 1:
        return "its sides read their stock on different days of a period"
    if "mean" in spans.values() and (meta.get("counts") == "unit" or meta.get("mix")):
        return "the mean of the days of a stock of units or of a mix"
    if "mean" in spans.values() and set(spans) & set(meta.get("money", ())):
        return "the mean of the days of a stock of money, converted by the rate of each"
    return None
