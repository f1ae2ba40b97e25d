"""Two editions of the published values side by side: what differs, and by how much.

An edition is a release, or a warehouse file that nobody has released yet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.figures import GRAINS
from orchestration.policies import policy
from orchestration.sql_text import literal

VALUE = "kpi_id, period_grain, period_start, dimension, member, part"
# Values are unrounded, and sums of doubles in another order differ in their last digits; a side
# is rounded to four decimals.
SAME_RELATIVE = 1e-12
SAME_SIDE = "0.0001"
SUMMARY = """
    select
        changes.kpi_id,
        coalesce(max(new_catalog.name_en), max(old_catalog.name_en)) as name,
        coalesce(max(new_catalog.unit), max(old_catalog.unit)) as unit,
        count(*) filter (was_there and is_there and was_final) as final_count,
        count(*) filter (was_there and is_there and not was_final) as open_count,
        count(*) filter (not was_there) as new_count,
        count(*) filter (not is_there) as gone_count,
        max(struct_pack(
            size := abs(change), change := change, grain := period_grain,
            period_start := cast(period_start as varchar), dimension := dimension,
            member := member, part := part, currency := currency
        )) filter (change is not null) as largest
    from value_changes as changes
    left join {old}.kpi_catalog as old_catalog on changes.kpi_id = old_catalog.kpi_id
    left join {new}.kpi_catalog as new_catalog on changes.kpi_id = new_catalog.kpi_id
    where {where}
    group by changes.kpi_id
    order by final_count desc, open_count desc, changes.kpi_id
"""


@dataclass(frozen=True)
class Edition:
    """Values in the ``schema`` of a connection, as "old.main", and the days they speak of.

    Values of single days are published for those after ``days_after``.
    """

    schema: str
    name: str
    as_of: date
    known_at: date
    days_after: date


@dataclass(frozen=True)
class Which:
    """Limits what is told of a comparison; None is no limit."""

    kpi_id: str | None = None
    grain: str | None = None
    dimension: str | None = None

    @property
    def conditions(self) -> tuple[str, dict[str, str]]:
        """Return the SQL condition on the columns of ``changes``, and its parameters."""
        asked = {
            "kpi_id": self.kpi_id,
            "period_grain": self.grain,
            "dimension": self.dimension,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return " and ".join(["true", *(f"changes.{name} = ${name}" for name in given)]), given


@dataclass(frozen=True)
class Largest:
    """The value of a KPI that moved most; ``change`` is in the unit of the KPI."""

    change: float
    grain: str
    period_start: str
    dimension: str
    member: str
    part: str
    currency: str | None


@dataclass(frozen=True)
class KpiDifference:
    """How many values of a KPI differ: final ones, ones still open, those new and those gone."""

    kpi_id: str
    name: str
    unit: str
    final_count: int
    open_count: int
    new_count: int
    gone_count: int
    largest: Largest | None


@dataclass(frozen=True)
class ValueDifference:
    """A value in both editions; None where it is not in one or is nothing there."""

    kpi_id: str
    unit: str
    period_grain: str
    period_start: date
    dimension: str
    member: str
    part: str
    old_value: float | None
    new_value: float | None
    change: float | None
    currency: str | None
    was_there: bool
    is_there: bool
    is_open: bool


@dataclass(frozen=True)
class Comparison:
    """Two editions, and a connection on which ``value_changes`` says what differs between them."""

    connection: duckdb.DuckDBPyConnection
    old: Edition
    new: Edition

    def by_kpi(self, which: Which) -> list[KpiDifference]:
        """Count the differences, the KPI with the most final values changed first."""
        where, parameters = which.conditions
        rows = self.connection.execute(
            SUMMARY.format(old=self.old.schema, new=self.new.schema, where=where),
            parameters,
        ).fetchall()
        return [KpiDifference(*row[:-1], largest=_largest(row[-1])) for row in rows]

    def by_value(self, which: Which, most: int) -> list[ValueDifference]:
        """List values: those that were final first, the largest relative change first."""
        where, parameters = which.conditions
        rows = self.connection.execute(
            f"""
            select
                kpi_id, coalesce(new_catalog.unit, old_catalog.unit), period_grain, period_start,
                dimension, member, part, old_value, new_value, change, changes.currency,
                was_there, is_there, not (coalesce(was_final, true) and coalesce(is_final, true))
            from value_changes as changes
            left join {self.old.schema}.kpi_catalog as old_catalog using (kpi_id)
            left join {self.new.schema}.kpi_catalog as new_catalog using (kpi_id)
            where {where}
            order by
                coalesce(was_final, false) desc,
                abs(change) / nullif(abs(old_value), 0) desc nulls last,
                {VALUE}
            limit {most}
            """,
            parameters,
        ).fetchall()
        return [ValueDifference(*row) for row in rows]

    def write_csv(self, which: Which, file: Path) -> int:
        """Write every value that differs to a CSV file; return how many there are.

        A member that a spreadsheet would take for a formula gets an apostrophe before it.
        """
        where, parameters = which.conditions
        harmless = "if(regexp_matches(member, '^[=+@\\t\\r-]'), '''' || member, member) as member"
        select = (
            f"select * replace ({harmless}) from value_changes as changes where {where}"
            f" order by {VALUE}"
        )
        try:
            (count,) = self.connection.execute(
                f"copy ({select}) to {literal(file)} (format csv, header)", parameters
            ).fetchone()
        except duckdb.IOException as error:
            raise InputError(f"--csv {file}: that cannot be written: {error}") from None
        return count


@contextmanager
def compared(old: Path, new: Path) -> Iterator[Comparison]:
    """Compare the values of two DuckDB files, releases or warehouses; neither is written to."""
    with duckdb.connect() as connection:
        editions = []
        for file, schema in ((old, "old"), (new, "new")):
            try:
                connection.execute(f"attach {literal(file)} as {schema} (read_only)")
            except duckdb.Error as error:
                raise InputError(
                    f"{file}: that cannot be opened as a DuckDB file: {error}"
                ) from None
            editions.append(edition(connection, f"{schema}.main", str(file)))
        connection.execute(f"create temp table value_changes as {value_changes(*editions)}")
        yield Comparison(connection, *editions)


def check(comparison: Comparison, which: Which) -> None:
    """Raise ``InputError`` where ``which`` names what neither edition has."""
    if which.grain is not None and which.grain not in GRAINS:
        raise InputError(f"--grain {which.grain}: there is {', '.join(GRAINS)}.")
    schemas = (comparison.old.schema, comparison.new.schema)
    for option, column, asked in (
        ("kpi", "kpi_id", which.kpi_id),
        ("dimension", "dimension", which.dimension),
    ):
        table = "kpi_catalog" if column == "kpi_id" else "kpi_values"
        known = " union ".join(f"select {column} from {name}.{table}" for name in schemas)
        names = [name for (name,) in comparison.connection.execute(known).fetchall()]
        if asked is not None and asked not in names:
            raise InputError(f"--{option} {asked}: there is {', '.join(sorted(names))}.")


def edition(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> Edition:
    """Return the edition in an attached database, called by its release id if it is released.

    Raises ``InputError`` where it holds no published values.
    """
    tables = tables_of(connection, schema)
    if not {"kpi_values", "kpi_catalog"} <= tables:
        raise InputError(f"{name}: there are no values of KPIs in it; `warehouse run` makes them.")
    if "release" in tables:
        name, as_of, known_at = connection.execute(
            f"select release_id, as_of, known_at from {schema}.release"
        ).fetchone()
    else:
        as_of, known_at = connection.execute(
            f"select as_of, known_at from {schema}.int_clock"
        ).fetchone()
    return Edition(
        schema,
        name,
        as_of,
        known_at,
        as_of - timedelta(_published_days(connection, schema, tables)),
    )


def tables_of(connection: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """Return the names of the tables of a schema, as "main" or "old.main"."""
    database, _, name = schema.rpartition(".")
    rows = connection.execute(
        "select table_name from duckdb_tables() where schema_name = $name"
        " and database_name = coalesce(nullif($database, ''), current_database())",
        {"name": name, "database": database},
    ).fetchall()
    return {name for (name,) in rows}


def value_changes(old: Edition, new: Edition) -> str:
    """Select the values that differ; days that left the published ones do not.

    ``was_final``: its period was complete and its cases mature; else it was published as one that
    still moves.
    """
    side = f"abs(coalesce(old.{{0}}, 0) - coalesce(new.{{0}}, 0)) > {SAME_SIDE}"
    differs = " or ".join(
        [
            "old.kpi_id is null",
            "new.kpi_id is null",
            *(f"(old.{name} is null) != (new.{name} is null)" for name in ("numerator", "value")),
            f"abs(old.value - new.value) > {SAME_RELATIVE} * greatest("
            "abs(cast(old.value as double)), abs(cast(new.value as double)))",
            *(side.format(name) for name in ("numerator", "denominator")),
        ]
    )
    return f"""
        with
        old as (select * from {old.schema}.kpi_values where {_is_compared(old, new)}),
        new as (select * from {new.schema}.kpi_values where {_is_compared(old, new)})
        select
            {VALUE},
            coalesce(new.period_end, old.period_end) as period_end,
            old.numerator as old_numerator,
            new.numerator as new_numerator,
            old.denominator as old_denominator,
            new.denominator as new_denominator,
            old.value as old_value,
            new.value as new_value,
            new.value - old.value as change,
            coalesce(new.currency, old.currency) as currency,
            old.kpi_id is not null as was_there,
            new.kpi_id is not null as is_there,
            old.is_complete_period and old.is_mature as was_final,
            new.is_complete_period and new.is_mature as is_final
        from old full join new using ({VALUE})
        where {differs}
    """


def _is_compared(old: Edition, new: Edition) -> str:
    first = max(old.days_after, new.days_after)
    return f"(period_grain != 'day' or period_start > date '{first}')"


def _published_days(connection: duckdb.DuckDBPyConnection, schema: str, tables: set[str]) -> int:
    if "release_policies" in tables:
        row = connection.execute(
            f"select value from {schema}.release_policies where policy = 'published_days'"
        ).fetchone()
        if row is not None:
            return int(row[0])
    return int(policy("published_days"))


def _largest(found: dict | None) -> Largest | None:
    if found is None:
        return None
    return Largest(**{name: value for name, value in found.items() if name != "size"})
