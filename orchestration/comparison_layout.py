"""How comparisons and decompositions look on the terminal."""

from collections.abc import Sequence
from fractions import Fraction

from rich.table import Table

from orchestration.comparing.comparison import Edition, KpiDifference, Largest, ValueDifference
from orchestration.comparing.decomposition import Effect, Why
from orchestration.terminal import NOTHING, value_text


def editions_line(old: Edition, new: Edition) -> str:
    """Name the two editions, and the days they speak of."""
    named = (
        f"{edition.name} (as of {edition.as_of}, known at {edition.known_at})"
        for edition in (old, new)
    )
    return " against ".join(named)


def kpis_table(differences: Sequence[KpiDifference]) -> Table:
    """Lay out how many values of each KPI differ, a line each."""
    table = _table("KPI", "restated", "still open", "new", "gone", "largest change")
    for column in table.columns[1:5]:
        column.justify = "right"
    for kpi in differences:
        counts = (kpi.final_count, kpi.open_count, kpi.new_count, kpi.gone_count)
        largest = _largest_text(kpi.largest, kpi.unit) if kpi.largest else NOTHING
        table.add_row(kpi.name or kpi.kpi_id, *(f"{count:,}" for count in counts), largest)
    table.caption = (
        "restated: its period was complete and its cases mature; still open: it was still moving"
    )
    table.caption_justify = "left"
    return table


def values_table(differences: Sequence[ValueDifference]) -> Table:
    """Lay out values, a line each; a star marks those still open."""
    table = _table("kpi_id", "period", "slice", "was", "is", "change", "")
    for column in table.columns[3:6]:
        column.justify = "right"
    for value in differences:
        was, now = (
            value_text(number, value.unit, value.currency)
            for number in (value.old_value, value.new_value)
        )
        note = "new" if not value.was_there else "gone" if not value.is_there else ""
        table.add_row(
            value.kpi_id,
            f"{value.period_grain} {value.period_start}" + (" *" if value.is_open else ""),
            _slice_text(value.dimension, value.member, value.part),
            was,
            now,
            change_text(value.change, value.unit, value.currency),
            note,
        )
    if any(value.is_open for value in differences):
        table.caption = "* open in one of them: the period or a window of its cases has not ended"
        table.caption_justify = "left"
    return table


def change_text(change: float | None, unit: str, currency: str | None) -> str:
    """Write a change in the unit of its values, with its sign; rates in points."""
    if change is None:
        return NOTHING
    if unit == "ratio":
        return f"{change * 100:+,.2f} pp"
    if unit == "money":
        return f"{currency} {change:+,.2f}"
    return f"{change:+,.2f}" + ("" if unit == "count" else f" {unit}")


def why_lines(why: Why) -> list[str]:
    """Say what changed, and what of it is no change of the world but of what is known of it."""
    old, new = why.periods
    part = "" if why.part == "all" else f", part {why.part}"

    def text(value: Fraction) -> str:
        return value_text(float(value), why.kpi.unit, why.currency)

    lines = [f"{why.kpi.name}: {old} against {new}{part}", why.kpi.question, ""]
    if why.restated:
        lines.append(f"{old} was first published as {text(why.first)}; it is now {text(why.base)}:")
        lines += [f"  {_signed(why, effect.total)}  {effect.name}" for effect in why.restated]
        lines.append("")
    change = why.value - why.base
    lines.append(
        f"From {text(why.base)} in {old} to {text(why.value)} in {new}, as both are known now:"
        f" {_signed(why, change)}"
    )
    if why.restated:
        lines.append(
            f"Against what was first published that is {_signed(why, why.value - why.first)}."
        )
    return lines


def effects_table(why: Why, effects: Sequence[Effect], title: str) -> Table:
    """Lay out the effects, the columns none of them has left out, and their exact sum."""
    kinds = [
        kind
        for kind in ("rate", "mix", "other")
        if any(getattr(effect, kind) for effect in effects)
    ]
    shown = kinds if len(kinds) > 1 else []
    table = _table(title, *shown, "change")
    for column in table.columns[1:]:
        column.justify = "right"
    for effect in effects:
        cells = [_signed(why, getattr(effect, kind)) for kind in shown]
        table.add_row(effect.name, *cells, _signed(why, effect.total))
    sums = [sum(getattr(effect, kind) for effect in effects) for kind in kinds]
    totals = [_signed(why, total) for total in (sums if shown else [])]
    table.add_row("all", *totals, _signed(why, sum(sums)))
    return table


def _signed(why: Why, change: Fraction) -> str:
    return change_text(float(change), why.kpi.unit, why.currency)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column)
    return table


def _largest_text(largest: Largest, unit: str) -> str:
    where = _slice_text(largest.dimension, largest.member, largest.part)
    change = change_text(largest.change, unit, largest.currency)
    return f"{change} ({largest.grain} {largest.period_start}, {where})"


def _slice_text(dimension: str, member: str, part: str) -> str:
    names = ["all" if dimension == "all" else f"{dimension} {member}"]
    return ", ".join(names + ([] if part == "all" else [f"part {part}"]))
