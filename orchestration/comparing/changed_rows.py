"""Which rows of the KPIs differ between two releases, in which values, and what is behind them.

A changed row is followed from its unit to the arrivals of its own, of its debt or of its customer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.comparing.arrivals import CURRENT, PUBLISHED, column_names
from orchestration.comparing.traces import PLACES

# Units are compared by the hundredth of a per mille that they fall into, and then only where those
# differ: nearly all rows are as they were.
BUCKETS = 65536
STAY = ("fct_collection_episodes", "episode_id")
PLACES_OF_UNITS = {**PLACES, "stay": STAY}
# How near what arrived is to the row that changed: its own, of its debt, of its customer.
OWN, OF_THE_DEBT, OF_THE_CUSTOMER = 1, 2, 3
LEVELS = {
    "payment_id": OWN,
    "account_id": OF_THE_DEBT,
    "contract_id": OF_THE_DEBT,
    "customer_id": OF_THE_CUSTOMER,
}
# What is dated after the period, if it can be behind a value, is so only where nothing else is.
AFTERWARDS = 10


@dataclass(frozen=True)
class CountedKpi:
    """How a KPI makes values of its rows; ``rules`` by which a side reads spans, by side."""

    kpi_id: str
    mix: str | None
    rules: tuple[str, ...]
    dimensions: tuple[str, ...]
    time_basis: str
    unit_id_is: str


def find_causes(
    connection: duckdb.DuckDBPyConnection, old_as_of: date, tables: dict[str, set[str]]
) -> None:
    """Add to ``causes`` how many arrivals of each kind and class are behind ``restated`` values.

    ``restated`` has the values, each with its ``number``; ``arrivals`` and ``arrival_links`` are
    there. ``touched_values`` are those with a changed row, and when the newest of them matures.
    """
    connection.execute(
        "create or replace temp table touched_values (number bigint, matures_on date)"
    )
    for kpi in _kpis(connection):
        name = f"kpi_{kpi.kpi_id}"
        has_rows = all(
            name in there and "unit_id" in column_names(connection, f"{schema}.{name}")
            for schema, there in tables.items()
        )
        if has_rows and _find_changed_rows(connection, kpi, old_as_of):
            _find_values(connection, kpi)
            _find_unit_links(connection, kpi, tables)
            _find_causes_of_values(connection, kpi)


def _kpis(connection: duckdb.DuckDBPyConnection) -> list[CountedKpi]:
    rows = connection.execute(
        """
        select
            kpi_id, mix,
            list_filter([numerator_spans, denominator_spans], lambda rule: rule is not null),
            coalesce(string_split(dimensions, ', '), []), time_basis, coalesce(comment, '')
        from kpi_catalog
        left join duckdb_columns()
            on
                database_name = current_database()
                and table_name = 'kpi_' || kpi_id
                and column_name = 'unit_id'
        where kind != 'statistic' and kpi_id in (select kpi_id from restated)
        order by kpi_id
        """
    ).fetchall()
    return [
        CountedKpi(kpi_id, mix, tuple(rules), tuple(dimensions), time_basis, unit_id_is)
        for kpi_id, mix, rules, dimensions, time_basis, unit_id_is in rows
    ]


def _find_changed_rows(
    connection: duckdb.DuckDBPyConnection, kpi: CountedKpi, old_as_of: date
) -> bool:
    """Make ``changed_rows``: units, and the days from when to when they count otherwise."""
    old, new = (_rows(connection, schema, kpi, old_as_of) for schema in (PUBLISHED, CURRENT))
    groups = ", ".join(["unit_id", "part", *kpi.dimensions])
    fingerprint = (
        f"select hash(unit_id) % {BUCKETS} as bucket, sum(cast(hash({groups}, kpi_date, ends_on,"
        " numerator, denominator) as hugeint)) as fingerprint"
    )
    connection.execute(
        f"""
        create or replace temp table changed_rows as
        with
        buckets as (
            select coalesce(old.bucket, new.bucket) as bucket
            from ({fingerprint} from ({old}) group by bucket) as old
            full join ({fingerprint} from ({new}) group by bucket) as new
                on old.bucket = new.bucket
            where old.fingerprint is distinct from new.fingerprint
        ),
        rows_of_both as (
            select *, -1 as direction from ({old})
            where hash(unit_id) % {BUCKETS} in (select bucket from buckets)
            union all
            select *, 1 as direction from ({new})
            where hash(unit_id) % {BUCKETS} in (select bucket from buckets)
        ),
        moments as (
            select
                {groups}, kpi_date as from_date, kpi_date as to_date,
                max(matures_on) filter (direction = 1) as matures_on
            from rows_of_both where ends_on is null
            group by {groups}, kpi_date
            having
                sum(direction * numerator) != 0
                or sum(direction * denominator) != 0
                or sum(direction) != 0
        ),
        events as (
            select
                {groups}, kpi_date as event_date,
                direction * numerator as numerator, direction * denominator as denominator
            from rows_of_both where ends_on is not null
            union all
            select {groups}, ends_on + 1, -direction * numerator, -direction * denominator
            from rows_of_both where ends_on is not null
        ),
        net_events as (
            select
                {groups}, event_date, sum(numerator) as numerator, sum(denominator) as denominator
            from events group by {groups}, event_date
            having sum(numerator) != 0 or sum(denominator) != 0
        ),
        spans as (
            select
                {groups}, event_date as from_date,
                lead(event_date) over following - 1 as to_date,
                sum(numerator) over following as numerator,
                sum(denominator) over following as denominator
            from net_events
            window following as (partition by {groups} order by event_date)
        )
        select *, false as is_span from moments
        union all
        select {groups}, from_date, to_date, cast(null as date), true
        from spans where numerator != 0 or denominator != 0
        """
    )
    return bool(connection.execute("select count(*) from changed_rows").fetchone()[0])


def _rows(
    connection: duckdb.DuckDBPyConnection, schema: str, kpi: CountedKpi, old_as_of: date
) -> str:
    """Select a KPI's rows of the days both releases describe; NULL where a column is not there."""
    table = f"{schema}.kpi_{kpi.kpi_id}"
    there = column_names(connection, table)
    selected = [
        "cast(unit_id as varchar) as unit_id",
        "kpi_date",
        # a span that goes on ends with what is known of it
        f"case when ends_on is not null then least(ends_on, date '{old_as_of}') end as ends_on"
        if "ends_on" in there
        else "cast(null as date) as ends_on",
        "matures_on" if "matures_on" in there else "cast(null as date) as matures_on",
        _part(kpi, there),
        *(
            f"coalesce({name}, 'unknown') as {name}" if name in there else f"'unknown' as {name}"
            for name in kpi.dimensions
        ),
        "cast(numerator as decimal(28, 4)) as numerator",
        f"cast({'denominator' if 'denominator' in there else '0'} as decimal(28, 4))"
        " as denominator",
    ]
    return f"select {', '.join(selected)} from {table} where kpi_date <= date '{old_as_of}'"


def _part(kpi: CountedKpi, there: list[str]) -> str:
    if not kpi.mix:
        return "'all' as part"
    return f"coalesce({kpi.mix}, 'unknown') as part" if kpi.mix in there else "'unknown' as part"


def _find_values(connection: duckdb.DuckDBPyConnection, kpi: CountedKpi) -> None:
    """Make ``touched``: the restated values, with the units whose changed rows are in them."""
    counts = {
        "start": "period_start - 1 between from_date and to_date",
        "end": "period_end between from_date and to_date",
        "change": "(period_start - 1 between from_date and to_date"
        " or period_end between from_date and to_date)",
        "mean": "from_date <= period_end and to_date >= period_start",
    }
    spans = " or ".join(counts[rule] for rule in kpi.rules) or "false"
    of_the_value = [
        f"""
        select number, unit_id, matures_on
        from restated inner join changed_rows
            on {"true" if dimension == "all" else f"member = changed_rows.{dimension}"}
        where
            kpi_id = '{kpi.kpi_id}'
            and dimension = '{dimension}'
            and {"true" if kpi.mix else "restated.part = changed_rows.part"}
            and case
                when is_span then {spans}
                else from_date between period_start and period_end
            end
        """
        for dimension in ("all", *kpi.dimensions)
    ]
    connection.execute(
        "create or replace temp table touched as"
        " select number, unit_id, max(matures_on) as matures_on"
        f" from ({' union all '.join(of_the_value)}) group by number, unit_id"
    )
    connection.execute(
        "insert into touched_values select number, max(matures_on) from touched group by number"
    )


def _find_unit_links(
    connection: duckdb.DuckDBPyConnection, kpi: CountedKpi, tables: dict[str, set[str]]
) -> None:
    """Make ``unit_links``: the arrivals behind each touched unit, and how near they are to it."""
    words = dict.fromkeys(re.findall(r"\w+", kpi.unit_id_is.lower()))
    kinds = [word for word in words if word in PLACES_OF_UNITS]
    # where units are of several kinds, the id may begin with its own: 'account A1'
    bare = f"regexp_replace(unit_id, '^(({'|'.join(kinds) or 'unit'}) )+', '')"
    connection.execute(
        f"""
        create or replace temp table units as
        select unit_id, {bare if len(kinds) > 1 else "unit_id"} as id
        from touched group by unit_id
        """
    )
    selects = list(_ways_from_units(connection, kinds, tables))
    connection.execute(
        f"""
        create or replace temp table unit_links as
        with entities as ({" union ".join(selects)})
        select unit_id, arrival, min(level) as level
        from entities inner join arrival_links using (entity, id)
        group by unit_id, arrival
        """
    )


def _ways_from_units(
    connection: duckdb.DuckDBPyConnection, kinds: list[str], tables: dict[str, set[str]]
) -> Iterator[str]:
    """Select what each unit goes by: its own id, its payment, its debts, its customers."""
    yield "select null as unit_id, null as entity, null as id, 0 as level where false"
    for table, own in dict.fromkeys(PLACES_OF_UNITS[kind] for kind in kinds):
        yield f"select unit_id, '{own}', id, {LEVELS.get(own, OWN)} from units"
        for schema, there in tables.items():
            if table not in there:
                continue
            columns = column_names(connection, f"{schema}.{table}")
            for column, level in LEVELS.items():
                if column in columns and column != own:
                    yield (
                        f"select unit_id, '{column}', held.{column}, {level} from units"
                        f" inner join {schema}.{table} as held on units.id = held.{own}"
                    )


def _find_causes_of_values(connection: duckdb.DuckDBPyConnection, kpi: CountedKpi) -> None:
    """Count per value what is behind its units: of each unit, only the nearest."""
    # what is dated after a period changes only what follows its cases beyond it, but a reversal
    # undoes a payment of the period whenever it comes
    if kpi.time_basis == "cohort":
        is_behind, is_far = "true", "is_afterwards and class = 'late'"
    else:
        is_behind, is_far = (
            "not (is_afterwards and class = 'late')",
            f"is_afterwards and level > {OWN}",
        )
    connection.execute(
        f"""
        insert into causes
        with linked as (
            select
                touched.number, touched.unit_id, arrival, kind, class, level,
                class != 'corrected' and coalesce(event_date > period_end, false)
                    as is_afterwards
            from touched
            inner join restated using (number)
            inner join unit_links using (unit_id)
            inner join arrivals using (arrival)
        ),
        behind as (
            select *, level + if({is_far}, {AFTERWARDS}, 0) as distance from linked
            where {is_behind}
        ),
        nearest as (
            select * from behind
            qualify rank() over (partition by number, unit_id order by distance) = 1
        )
        select number, kind, class, count(distinct arrival) from nearest
        group by number, kind, class
        """
    )
