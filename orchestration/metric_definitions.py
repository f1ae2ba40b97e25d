"""The measures and metrics of a reading, as MetricFlow has them declared.

A metric that is just a measure has its name; the others are formulas over metrics.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestration.metric_readings import Reading


@dataclass(frozen=True)
class Piece:
    """A measure: what is summed or counted, over the first or last month of a period or all."""

    name: str
    expr: str
    agg: str = "sum"
    window_choice: str | None = None


def measures_and_metrics(reading: Reading) -> tuple[list[dict], list[dict]]:
    """Return the measures of a reading, and its metrics: pieces, sides, and the value last."""
    guards = dict(_guards(reading))
    conditions = [f"{piece.name} = {number}" for piece, number in guards.items()]
    terms = {side: _terms(reading, side, conditions) for side in reading.sides}
    pieces = [*guards, *_divisors(reading), *(piece for side in terms.values() for piece in side)]
    metrics = [_simple(reading, piece) for piece in pieces]
    for side in reading.sides:
        if terms[side] != [_whole_side(reading, side)]:
            expression = _side_formula(reading, side, terms[side])
            metrics.append(
                _derived(f"{reading.name}_{side}", expression, conditions, metrics)
                | {"description": reading.kpi.columns[side]}
            )
    metrics.append(_value(reading, metrics))
    return [_measure(piece) for piece in pieces], metrics


def _guards(reading: Reading) -> Iterator[tuple[Piece, int]]:
    """Yield what a figure is published by only where it is the number beside it."""
    name = reading.name
    if reading.is_converted:
        yield Piece(f"{name}_blocked", "blocked"), 0
        if window := _window(reading):
            yield Piece(f"{name}_blocked_stock", "blocked_stock", window_choice=window), 0
    if reading.is_native:
        yield Piece(f"{name}_currencies", "currency", "count_distinct"), 1
    if reading.is_by_month_only:
        yield Piece(f"{name}_months", "calendar_date", "count_distinct"), 1


def _divisors(reading: Reading) -> Iterator[Piece]:
    if reading.rule == "mean":
        yield Piece(f"{reading.name}_days", "day_of_period", "count_distinct")
    if reading.mix:
        yield Piece(f"{reading.name}_parts", reading.mix, "count_distinct")


def _terms(reading: Reading, side: str, conditions: Sequence[str]) -> list[Piece]:
    """Return what is added up to a side: one piece named as the side where it is all of it."""
    whole = _whole_side(reading, side)
    name = f"{reading.name}_{side}"
    moments = Piece(f"{name}_moments", whole.expr, whole.agg)
    if side in reading.sides_with_spans and not reading.counts_units:
        if reading.rule == "mean":
            return [moments, Piece(f"{name}_unit_days", f"{side}_unit_days")]
        return [moments, Piece(f"{name}_stock", f"{side}_stock", window_choice=_window(reading))]
    is_share = reading.mix and side == "denominator"
    return [moments] if conditions or is_share else [whole]


def _whole_side(reading: Reading, side: str) -> Piece:
    if reading.counts_units:
        return Piece(f"{reading.name}_{side}", f"{side}_unit", "count_distinct")
    return Piece(f"{reading.name}_{side}", side)


def _window(reading: Reading) -> str | None:
    return {"start": "min", "end": "max"}.get(reading.rule or "")


def _side_formula(reading: Reading, side: str, terms: Iterable[Piece]) -> str:
    formula = " + ".join(
        f"{piece.name} / {reading.name}_days" if piece.name.endswith("_unit_days") else piece.name
        for piece in terms
    )
    # the whole stands beside each part
    if reading.mix and side == "denominator":
        return f"({formula}) / {reading.name}_parts"
    return formula


def _value(reading: Reading, known: Sequence[dict]) -> dict:
    name, meta = reading.name, reading.kpi.meta
    formula, conditions = f"cast({name}_numerator as double)", []
    if "denominator" in reading.sides:
        formula += f" / cast({name}_denominator as double)"
        conditions = [f"{name}_denominator > 0"]
    if meta.get("multiplier", "1") != "1":
        formula = f"{meta['multiplier']} * {formula}"
    return _derived(name, formula, conditions, known) | {
        "label": meta["name"]["en"] + (", of a currency" if reading.is_native else ""),
        "description": " ".join(meta["definition"]["en"].split()),
    }


def _measure(piece: Piece) -> dict:
    measure = {"name": piece.name, "agg": piece.agg, "expr": piece.expr}
    if piece.window_choice:
        measure["non_additive_dimension"] = {
            "name": "calendar_date",
            "window_choice": piece.window_choice,
        }
    return measure


def _simple(reading: Reading, piece: Piece) -> dict:
    side = piece.name.removeprefix(f"{reading.name}_")
    return {
        "name": piece.name,
        "label": piece.name,
        "description": reading.kpi.columns.get(side, f"What {reading.name} is made of."),
        "type": "simple",
        "type_params": {"measure": piece.name},
    }


def _derived(name: str, formula: str, conditions: Sequence[str], known: Sequence[dict]) -> dict:
    if conditions:
        formula = f"case when {' and '.join(conditions)} then {formula} end"
    words = set(re.findall(r"\w+", formula))
    return {
        "name": name,
        "label": name,
        "type": "derived",
        "type_params": {
            "expr": formula,
            "metrics": [{"name": metric["name"]} for metric in known if metric["name"] in words],
        },
    }
