"""What the rows of a KPI add to a value, summed as `docs/change-a-kpi.md` tells it.

That is not how the roll-up goes about it, so that the one can be held against the other.
"""

from datetime import date, timedelta
from decimal import Decimal

import duckdb

from orchestration.slices import Kpi, Side, Slice, Table, columns_of

# The days on which an amount is read, and so converted, and where its rate comes from.
READINGS = {
    "at_moment": "kpi_date",
    "at_start": "getvariable('eve')",
    "at_end": "getvariable('last_date')",
}
# What a span adds by the rule it is read by; of a mean, for all days together.
SPANS_OF_ROWS = {
    None: "0",
    "start": "case when is_at_start then {at_start} else 0 end",
    "end": "case when is_at_end then {at_end} else 0 end",
    "change": """
        case when is_at_end then {at_end} else 0 end
        - case when is_at_start then {at_start} else 0 end
    """,
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
) -> tuple[dict[str, Side], int, Table, str | None]:
    """Return the sides of a value, what it rests on, the largest of it, and what blocks it.

    It rests on a number of units or rows, and is blocked by a rate that is missing. The rows of
    the slice that count in the period stay in the temporary table ``slice_rows``.
    """
    _read(connection, kpi, wanted, last_date)
    elapsed_days = (last_date - wanted.period.first_date).days + 1
    sides = {side: _side(connection, kpi, wanted, elapsed_days, side) for side in kpi.sides}
    return (
        sides,
        _unit_count(connection, kpi, sides),
        _contributors(connection, kpi, wanted, elapsed_days, most),
        _blocked_by(connection, kpi, wanted),
    )


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
        "reporting_currency": _reporting_currency(connection) if kpi.money else None,
    }.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    rates, joins = _rates(kpi, wanted)
    connection.execute(
        f"""
        create or replace temp table slice_rows as
        select
            kpi_rows.*,
            {", ".join([*rates, ""])}
            ends_on is null as is_at_moment,
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
        from ({_rows_of(connection, kpi)}) as kpi_rows
        {" ".join(joins)}
        where
            {"true" if wanted.dimension == "all" else f"kpi_rows.{wanted.dimension} = $member"}
            and kpi_date <= getvariable('last_date')
            and case
                when ends_on is null then kpi_date >= getvariable('first_date')
                else ends_on >= getvariable('eve')
            end
        """.replace("$member", "getvariable('member')")
    )
    if kpi.counts == "row":
        columns = ["* exclude (numerator, denominator)"]
        for side in ("numerator", "denominator"):
            read = {reading: _amount(kpi, wanted, side, reading) for reading in READINGS}
            span = SPANS_OF_ROWS[kpi.spans[side]].format(side=side, **read)
            columns += [
                f"case when is_at_moment then {read['at_moment']} else 0 end as {side}_moment",
                f"{span} as {side}_span",
            ]
        from_rows = "slice_rows"
    else:
        columns = ["part", "unit_id", "min(kpi_date) as kpi_date", "count(*) as row_count"]
        days = []
        for side in ("numerator", "denominator"):
            columns += [
                f"max(case when is_at_moment and {side} > 0 then 1 else 0 end) as {side}_moment",
                f"{SPANS_OF_UNITS[kpi.spans[side]].format(side=side)} as {side}_span",
            ]
            if kpi.spans[side] == "mean":
                days.append(f"{DAYS_OF_UNITS.format(side=side)} as {side}_days")
        from_rows = f"(select {', '.join(['*', *days])} from slice_rows) group by part, unit_id"
    connection.execute(
        "create or replace temp table contributions as"
        f" select {', '.join(columns)} from {from_rows}"
    )


def _is_converted(kpi: Kpi, wanted: Slice, side: str) -> bool:
    """Tell whether a side is converted; the members of currency are in their own."""
    return side in kpi.money and wanted.dimension != "currency"


def _rates(kpi: Kpi, wanted: Slice) -> tuple[list[str], list[str]]:
    """Return the columns and the joins that give a row its rate on every day it is read."""
    if not any(_is_converted(kpi, wanted, side) for side in kpi.sides):
        return [], []
    columns = [
        "case when kpi_rows.currency = getvariable('reporting_currency') then 1"
        f" else {reading}.rate end as rate_{reading}"
        for reading in READINGS
    ]
    joins = [
        f"left join release.main.dim_fx_rates as {reading}"
        f" on kpi_rows.currency = {reading}.currency and {reading}.rate_date = {rate_date}"
        for reading, rate_date in READINGS.items()
    ]
    return columns, joins


def _amount(kpi: Kpi, wanted: Slice, side: str, reading: str) -> str:
    """Return a side of a row as it is read; nothing needs no rate."""
    if _is_converted(kpi, wanted, side):
        return f"case when {side} = 0 then 0 else {side} * rate_{reading} end"
    return side


def _reporting_currency(connection: duckdb.DuckDBPyConnection) -> str | None:
    return connection.execute(
        "select max(currency) from dim_fx_rates where is_reporting_currency"
    ).fetchone()[0]


def _blocked_by(connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice) -> str | None:
    """Name the first rate without which the value is not known.

    What adds up to nothing, on a day in all its dimensions or as a stock, needs no rate.
    """
    dimensions = ", ".join(["part", "kpi_date", *kpi.dimensions])
    rules = {"at_moment": (), "at_start": ("start", "change"), "at_end": ("end", "change")}
    lacking = [
        f"""
        select 'no rate of ' || currency || ' on ' || cast({READINGS[reading]} as varchar) as rate
        from slice_rows
        where
            is_{reading}
            and rate_{reading} is null
            and {"true" if kpi.mix else "part = getvariable('part')"}
        group by {dimensions if reading == "at_moment" else "part, currency"}
        having sum({side}) != 0
        """
        for side in kpi.sides
        for reading, read_by in rules.items()
        if _is_converted(kpi, wanted, side)
        and (reading == "at_moment" or kpi.spans[side] in read_by)
    ]
    if not lacking:
        return None
    return connection.execute(f"select min(rate) from ({' union all '.join(lacking)})").fetchone()[
        0
    ]


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


def _side(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, wanted: Slice, elapsed_days: int, side: str
) -> Side:
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
    return Side(
        Decimal(moments),
        moment_count,
        rule,
        Decimal(spans),
        span_count,
        Decimal(in_both),
        _is_converted(kpi, wanted, side),
    )


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
            and (is_at_moment or {"is_at_start" if is_at_start else "is_at_end"})
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
