"""From the values of a sample's release to the rows they are made of, and back."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.comparing.explanation import explain, open_release
from orchestration.comparing.traces import trace
from orchestration.errors import InputError
from orchestration.periods import Period, period_named
from orchestration.releases import release_file
from orchestration.slices import Slice

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "from-a-number-to-its-rows.md"
# Per KPI, values by every grain and of the most different slices.
VALUES = """
    select kpi_id, period_grain, period_start, dimension, member, part
    from kpi_values
    inner join kpi_catalog using (kpi_id)
    where kind != 'statistic'
    qualify
        row_number() over (
            partition by kpi_id, period_grain
            order by dimension = 'all' desc, unit_count desc, period_start desc, member, part
        ) = 1
        or row_number() over (
            partition by kpi_id
            order by dimension = 'all', md5(kpi_id || dimension || member || part || period_start)
        ) <= 3
"""


@pytest.fixture(scope="module")
def release(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(open_release(release_file(sample_home))) as connection:
        yield connection


def period(grain: str, first_date: date) -> Period:
    """The period that begins on a day, by its name."""
    return period_named(
        {
            "day": f"{first_date}",
            "week": "{}-W{:02}".format(*first_date.isocalendar()),
            "month": f"{first_date:%Y-%m}",
            "quarter": f"{first_date.year}-Q{(first_date.month + 2) // 3}",
            "year": f"{first_date.year}",
        }[grain]
    )


def test_every_kpi_is_made_of_its_rows(release: duckdb.DuckDBPyConnection) -> None:
    explained: Counter[str] = Counter()
    for kpi_id, grain, first_date, *where in release.execute(VALUES).fetchall():
        explain(release, Slice(kpi_id, period(grain, first_date), *where))
        explained[kpi_id] += 1
    there = release.execute(
        "select distinct kpi_id from kpi_values inner join kpi_catalog using (kpi_id)"
        " where kind != 'statistic'"
    ).fetchall()
    assert {kpi_id for (kpi_id,) in there} == set(explained)
    assert min(explained.values()) >= 5


def test_every_way_of_counting_is_among_them(release: duckdb.DuckDBPyConnection) -> None:
    ways = release.execute(
        """
        select
            bool_or(kind = 'amount'), bool_or(kind = 'ratio' and counts = 'row'),
            bool_or(counts = 'unit'), bool_or(mix is not null), bool_or(is_money),
            bool_or(numerator_spans = 'end'), bool_or(denominator_spans = 'start')
        from kpi_catalog where is_available
        """
    ).fetchone()
    assert ways == (True,) * len(ways)


def test_a_statistic_says_what_it_is_and_no_more(release: duckdb.DuckDBPyConnection) -> None:
    (kpi_id, grain, first_date, *where) = release.execute(
        """
        select kpi_id, period_grain, period_start, dimension, member, part
        from kpi_values inner join kpi_catalog using (kpi_id)
        where kind = 'statistic' and value is not null
        order by all limit 1
        """
    ).fetchone()
    with pytest.raises(InputError, match=r"is a statistic, not a sum of rows, .* units at risk"):
        explain(release, Slice(kpi_id, period(grain, first_date), *where))


def test_every_unit_leads_to_its_row(release: duckdb.DuckDBPyConnection) -> None:
    astray = []
    newest = """
        select kpi_id, part, period_start from kpi_values inner join kpi_catalog using (kpi_id)
        where kind != 'statistic' and period_grain = 'year' and dimension = 'all'
        qualify row_number() over (
            partition by kpi_id order by period_start desc, unit_count desc, part
        ) = 1
    """
    for kpi_id, part, first_date in release.execute(newest).fetchall():
        wanted = Slice(kpi_id, period("year", first_date), part=part)
        explanation = explain(release, wanted, most=1)
        for unit_id, *_ in explanation.contributors.rows:
            found = trace(release, explanation, unit_id, 5)
            if not found.place or not list(found.tables.values())[1].count:
                astray.append((kpi_id, explanation.unit_id_is, unit_id))
    assert astray == []


def test_a_debt_leads_to_its_contacts_promises_and_payments(
    release: duckdb.DuckDBPyConnection,
) -> None:
    explanation = explain(release, Slice("recovery_rate", period_named("2026")))
    (contract_id,) = release.execute(
        """
        select unit_id from kpi_recovery_rate
        where year(kpi_date) = 2026
            and unit_id in (select contract_id from fct_promises)
            and unit_id in (select contract_id from fct_contacts)
            and unit_id in (select contract_id from fct_allocations)
        order by unit_id limit 1
        """
    ).fetchone()
    tables = trace(release, explanation, contract_id, 1000).tables
    assert list(tables) == [
        "Its rows in kpi_recovery_rate",
        f"dim_contracts, contract_id = {contract_id}",
        "Contracts",
        "Contacts, the newest first",
        "Promises, the newest first",
        "Payments and what undid them, the newest first",
    ]
    for title, table in tables.items():
        assert table.count > 0, title
    payments = tables["Payments and what undid them, the newest first"]
    paid = [row[payments.columns.index("amount")] for row in payments.rows]
    assert (
        sum(paid)
        == release.execute(
            "select sum(amount) from fct_allocations where contract_id = ?", [contract_id]
        ).fetchone()[0]
    )


def test_a_unit_that_is_not_in_the_slice_is_refused(release: duckdb.DuckDBPyConnection) -> None:
    explanation = explain(release, Slice("recovery_rate", period_named("2026")))
    with pytest.raises(InputError, match="--unit nobody: no row of recovery_rate in 2026 is of"):
        trace(release, explanation, "nobody", 5)


def test_the_queries_of_the_guide_give_what_is_published(
    release: duckdb.DuckDBPyConnection,
) -> None:
    queries = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    *pairs, way_back = queries
    assert len(pairs) == 6
    for published, summed in zip(pairs[::2], pairs[1::2], strict=True):
        (value,) = release.execute(published).fetchall()
        assert release.execute(summed).fetchall() == [pytest.approx(value, abs=Decimal(1) / 100)]
        assert value[-1] > 0
    assert {what for _, what, *_ in release.execute(way_back).fetchall()} >= {"payment"}


def test_a_release_holds_what_it_takes_to_explain_it(release: duckdb.DuckDBPyConnection) -> None:
    tables = {name for (name,) in release.execute("show tables").fetchall()}
    kpis = release.execute("select 'kpi_' || kpi_id from kpi_catalog").fetchall()
    assert {name for (name,) in kpis} <= tables
    assert tables >= {"dim_fx_rates", "dim_contracts", "fct_contacts", "fct_allocations"}


def test_every_table_of_a_release_says_what_it_holds(release: duckdb.DuckDBPyConnection) -> None:
    silent = release.execute(
        """
        select table_name, column_name from duckdb_columns()
        where database_name = 'release' and comment is null
            and not starts_with(table_name, 'release')
        union all
        select table_name, '' from duckdb_tables()
        where database_name = 'release' and comment is null
        """
    ).fetchall()
    assert silent == []
