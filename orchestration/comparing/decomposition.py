"""Why a value of a KPI is not what it was: what was restated since, then rate and mix.

All parts are exact fractions of what is published, so that they add up to the change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import duckdb

from orchestration.comparing.comparison import tables_of
from orchestration.comparing.explanation import kpi_named
from orchestration.errors import InputError
from orchestration.periods import Period
from orchestration.slices import Kpi, columns_of

CAUSES = {
    "definition": "a changed definition",
    "policy": "a changed policy",
    "earlier_clock": "a clock set back",
    "reversal": "reversals that arrived later",
    "corrected_row": "corrected rows",
    "late_row": "late rows",
    "unexplained": "changes without a cause in the log",
}
STILL_MOVING = "moved while it was still open"
NOTHING = Fraction(0)


@dataclass(frozen=True)
class Sides:
    """Numerator and denominator of a value; an amount has no denominator."""

    numerator: Fraction
    denominator: Fraction = NOTHING


@dataclass(frozen=True)
class Effect:
    """What a member, or a cause, does to the change, in the unit of the KPI.

    ``rate``: it became better or worse; ``mix``: there is more or less of it.
    """

    name: str
    rate: Fraction = NOTHING
    mix: Fraction = NOTHING
    other: Fraction = NOTHING

    @property
    def total(self) -> Fraction:
        """Add them up."""
        return self.rate + self.mix + self.other


@dataclass(frozen=True)
class Why:
    """The change from a value as it was first published to another one as it is now.

    ``first`` + ``restated`` = ``base``, and ``base`` + ``effects`` = ``value``. ``undone`` splits
    the change from ``base`` once more, where the KPI is cash: what came in, what was undone.
    """

    kpi: Kpi
    part: str
    periods: tuple[Period, Period]
    by: str | None
    currency: str | None
    first: Fraction
    base: Fraction
    value: Fraction
    restated: tuple[Effect, ...]
    effects: tuple[Effect, ...]
    undone: tuple[Effect, ...]


def decompose(
    connection: duckdb.DuckDBPyConnection,
    kpi_id: str,
    periods: tuple[Period, Period],
    by: str | None = None,
    part: str = "all",
) -> Why:
    """Decompose the change of a KPI on a release opened for reading.

    Raises ``InputError`` where there is no value in one of the periods, or none that decomposes.
    """
    kpi = kpi_named(connection, kpi_id)
    _check(connection, kpi, periods, by, part)
    totals = [_sides(connection, kpi, period, "all", part)["all"] for period in periods]
    base, value = (_value(kpi, sides) for sides in totals)
    first, restated = _restated(connection, kpi, periods[0], part, base)
    if by is None:
        effects = _by_side(kpi, *totals)
    else:
        members = [_sides(connection, kpi, period, by, part) for period in periods]
        effects = by_member(
            *totals,
            *members,
            multiplier=Fraction(kpi.multiplier),
            rest="counted in several" if kpi.counts == "unit" else "rounded off",
        )
    return Why(
        kpi,
        part,
        periods,
        by,
        _currency(connection, kpi, periods[1]),
        first,
        base,
        value,
        restated,
        tuple(effects),
        _undone(connection, kpi, periods, value - base),
    )


def by_member(
    old: Sides,
    new: Sides,
    old_members: Mapping[str, Sides],
    new_members: Mapping[str, Sides],
    *,
    multiplier: Fraction,
    rest: str,
) -> list[Effect]:
    """Split the change of a value by the members of a dimension, the largest effect first.

    What the members have more or less than the whole, where slices overlap, is one more member
    called ``rest``. With no denominators the effects are plain differences.
    """
    old_members = {**old_members, rest: _less(old, old_members.values())}
    new_members = {**new_members, rest: _less(new, new_members.values())}
    names = dict.fromkeys([*old_members, *new_members])
    none = Sides(NOTHING)
    pairs = {name: (old_members.get(name, none), new_members.get(name, none)) for name in names}
    if old.denominator == new.denominator == 0:
        effects = [
            Effect(name, other=multiplier * (one.numerator - other.numerator))
            for name, (other, one) in pairs.items()
        ]
    else:
        effects = [
            _rate_and_mix(name, pair, (old, new), multiplier) for name, pair in pairs.items()
        ]
    return sorted(
        (effect for effect in effects if effect.name != rest or effect.total),
        key=lambda effect: (-abs(effect.total), effect.name),
    )


def _less(whole: Sides, members: Iterable[Sides]) -> Sides:
    members = list(members)
    return Sides(
        whole.numerator - sum(one.numerator for one in members),
        whole.denominator - sum(one.denominator for one in members),
    )


def _rate_and_mix(
    name: str, pair: tuple[Sides, Sides], totals: tuple[Sides, Sides], multiplier: Fraction
) -> Effect:
    """Split what a member adds: mean weight by its rate, then its mean rate by its weight.

    A member that is new or gone has one rate only: all it does is mix. What it has without a
    denominator belongs to neither.
    """
    rates: list[Fraction | None] = []
    weights, alone = [], []
    for sides, total in zip(pair, totals, strict=True):
        has_weight = sides.denominator != 0
        rates.append(sides.numerator / sides.denominator if has_weight else None)
        weights.append(sides.denominator / total.denominator)
        alone.append(NOTHING if has_weight else sides.numerator / total.denominator)
    known = [rate for rate in rates if rate is not None]
    old_rate, new_rate = (known[0], known[-1]) if known else (NOTHING, NOTHING)
    whole = sum(total.numerator / total.denominator for total in totals) / 2
    mean_weight, mean_rate = sum(weights) / 2, (old_rate + new_rate) / 2
    return Effect(
        name,
        rate=multiplier * mean_weight * (new_rate - old_rate),
        mix=multiplier * (mean_rate - whole) * (weights[1] - weights[0]),
        other=multiplier * (alone[1] - alone[0]),
    )


def _by_side(kpi: Kpi, old: Sides, new: Sides) -> list[Effect]:
    """Split the change by the sides of the value: each one at the mean of the other."""
    multiplier = Fraction(kpi.multiplier)
    if kpi.kind == "amount":
        return [Effect("numerator", other=multiplier * (new.numerator - old.numerator))]
    shares = [1 / old.denominator, 1 / new.denominator]
    return [
        Effect("numerator", other=multiplier * (new.numerator - old.numerator) * sum(shares) / 2),
        Effect(
            "denominator",
            other=multiplier * (new.numerator + old.numerator) / 2 * (shares[1] - shares[0]),
        ),
    ]


def _check(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    periods: tuple[Period, Period],
    by: str | None,
    part: str,
) -> None:
    """Raise ``InputError`` where the question has no answer."""
    old, new = periods
    if kpi.kind == "statistic":
        raise InputError(
            f"{kpi.kpi_id} is a statistic, as a median is: it is no sum of its members and does"
            " not decompose. Its values by slice are in `warehouse kpis`."
        )
    if old.grain != new.grain or old.first_date == new.first_date:
        raise InputError(
            f"--from {old} --to {new}: name two periods of one length, as 2026-03 and 2026-04."
        )
    if by is not None and by not in kpi.dimensions:
        raise InputError(
            f"--by {by}: that is no dimension of {kpi.kpi_id}, but"
            f" {', '.join(kpi.dimensions) or 'none'}."
        )
    if by == "currency" and kpi.money:
        raise InputError(
            f"--by currency: the members of {kpi.kpi_id} are in their own currencies there and do"
            " not add up; decompose it by another dimension."
        )
    parts = connection.execute(
        "select distinct part from kpi_values where kpi_id = ? order by part", [kpi.kpi_id]
    ).fetchall()
    if (part,) not in parts:
        raise InputError(
            f"--part {part}: {kpi.kpi_id} has {', '.join(name for (name,) in parts) or 'none'}."
        )


def _sides(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, period: Period, dimension: str, part: str
) -> dict[str, Sides]:
    """Return the published sides by member; the parts of a mix share a denominator."""
    rows = connection.execute(
        """
        select
            member,
            coalesce(sum(numerator) filter (part = $part), 0),
            coalesce(max(denominator), 0),
            min(blocked_by)
        from kpi_values
        where
            kpi_id = $kpi_id and period_grain = $grain and period_start = $start
            and dimension = $dimension
        group by member
        """,
        {
            "part": part,
            "kpi_id": kpi.kpi_id,
            "grain": period.grain,
            "start": period.first_date,
            "dimension": dimension,
        },
    ).fetchall()
    for member, _, denominator, blocked_by in rows:
        if blocked_by:
            raise InputError(
                f"{kpi.kpi_id} in {period} ({member}) is not published: there is {blocked_by}."
            )
        if dimension == "all" and kpi.kind != "amount" and denominator <= 0:
            raise InputError(
                f"{kpi.kpi_id} has no value in {period}: there is nothing to divide by."
            )
    if not rows and dimension == "all":
        raise InputError(f"{kpi.kpi_id} has no value in {period}.")
    return {member: Sides(Fraction(n), Fraction(d)) for member, n, d, _ in rows}


def _value(kpi: Kpi, sides: Sides) -> Fraction:
    share = 1 if kpi.kind == "amount" else 1 / sides.denominator
    return Fraction(kpi.multiplier) * sides.numerator * share


def _restated(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, period: Period, part: str, value: Fraction
) -> tuple[Fraction, tuple[Effect, ...]]:
    """Return the value as it was first published as final, and what changed it since, by cause."""
    if "kpi_restatements" not in tables_of(connection, "main"):
        return value, ()  # released before there was a log
    rows = connection.execute(
        """
        select cause, old_numerator, old_denominator, new_numerator, new_denominator
        from kpi_restatements
        where
            kpi_id = ? and period_grain = ? and period_start = ?
            and dimension = 'all' and part = ?
        order by restated_at
        """,
        [kpi.kpi_id, period.grain, period.first_date, part],
    ).fetchall()
    steps = [(cause, _logged(kpi, *sides[:2]), _logged(kpi, *sides[2:])) for cause, *sides in rows]
    by_cause: dict[str, Fraction] = {}
    first = at = steps[0][1] if steps else value
    for cause, old, new in [*steps, (None, value, value)]:
        # between two releases that restated it, it may have been open again
        by_cause[STILL_MOVING] = by_cause.get(STILL_MOVING, NOTHING) + old - at
        if cause:
            name = CAUSES[cause]
            by_cause[name] = by_cause.get(name, NOTHING) + new - old
        at = new
    return first, tuple(Effect(name, other=effect) for name, effect in by_cause.items() if effect)


def _logged(kpi: Kpi, numerator: object, denominator: object) -> Fraction:
    """Return a value in the log; where there was none, nothing."""
    if numerator is None or (kpi.kind != "amount" and not denominator):
        return NOTHING
    return _value(kpi, Sides(Fraction(numerator), Fraction(denominator or 0)))


def _undone(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    periods: tuple[Period, Period],
    change: Fraction,
) -> tuple[Effect, ...]:
    """Split the change of an amount of cash into what came in and what was undone."""
    if kpi.kind != "amount" or not kpi.money:
        return ()
    columns = columns_of(connection, f"kpi_{kpi.kpi_id}")
    if "ends_on" in columns or "allocation" not in (columns["unit_id"] or "").lower():
        return ()
    sums = []
    for period in periods:
        (undone,) = connection.execute(
            f"""
            select coalesce(sum(numerator * case
                when is_reporting_currency is null then 1 else rate
            end), 0)
            from kpi_{kpi.kpi_id} as kpi_rows
            left join dim_fx_rates as rates
                on kpi_rows.currency = rates.currency and kpi_date = rate_date
                and not is_reporting_currency
            where numerator < 0 and kpi_date between ? and ?
            """,
            [period.first_date, period.last_date],
        ).fetchone()
        sums.append(Fraction(kpi.multiplier) * Fraction(undone))
    undone = sums[1] - sums[0]
    return (Effect("came in", other=change - undone), Effect("was undone", other=undone))


def _currency(connection: duckdb.DuckDBPyConnection, kpi: Kpi, period: Period) -> str | None:
    (currency,) = connection.execute(
        "select max(currency) from kpi_values where kpi_id = ? and period_grain = ?"
        " and period_start = ? and dimension = 'all'",
        [kpi.kpi_id, period.grain, period.first_date],
    ).fetchone()
    return currency
