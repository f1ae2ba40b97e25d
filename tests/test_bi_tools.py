"""What the guides for BI tools have people run gives the published figures, to the last digit."""

from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest
from guides import READER, Block, blocks, check, figures
from hand_made_release import make_release
from postgres_server import PASSWORD, Server, connected

SQL = [block for block in blocks("sql") if block.kpi_id]
[LISTING] = [block for block in blocks("sql") if not block.kpi_id]
RATIO, STOCK = [block for block in SQL if block.page == "bi-tools" and "kpi_cells" in block.text]
# what needs more than the project installs is run by the long tests
ELSEWHERE = ("polars", "psycopg", "pyodbc")
PYTHON = [block for block in blocks("python") if not any(name in block.text for name in ELSEWHERE)]


@pytest.fixture
def place(sample_home: Path, tmp_path: Path) -> Path:
    """A folder with a home in it, to work in."""
    (tmp_path / "home").symlink_to(sample_home)
    return tmp_path


@pytest.mark.parametrize("block", SQL, ids=lambda block: f"{block.page}-{block.kpi_id}")
def test_the_sql_gives_what_is_published(block: Block, release: duckdb.DuckDBPyConnection) -> None:
    result = release.execute(block.text)
    columns = [column[0] for column in result.description]
    check(release, block.kpi_id, figures(columns, result.fetchall()))


@pytest.mark.parametrize("block", SQL, ids=lambda block: f"{block.page}-{block.kpi_id}")
def test_the_sql_gives_the_same_on_postgres(
    block: Block, guides_server: Server, release: duckdb.DuckDBPyConnection
) -> None:
    with connected(guides_server.url("bi", READER)) as session, session.cursor() as cursor:
        cursor.execute(block.text)
        columns = [column[0] for column in cursor.description]
        check(release, block.kpi_id, figures(columns, cursor.fetchall()))


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.text.split("\n")[0])
def test_the_python_gives_what_is_published(
    block: Block,
    place: Path,
    release: duckdb.DuckDBPyConnection,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(place)
    script = block.text
    if "dbhost" in script:
        server = request.getfixturevalue("guides_server")
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        script = script.replace("dbhost:5432", f"127.0.0.1:{server.port}")
    names: dict = {}
    exec(script, names)
    table = names["figures"].astype({"period_start": "datetime64[ns]"})
    rows = [
        (month.date(), portfolio, value)
        for month, portfolio, value in table.astype(object)
        .where(table.notna(), None)
        .itertuples(index=False)
    ]
    check(release, block.kpi_id, figures(list(table.columns), rows))


def test_every_kpi_listed_is_the_sum_of_its_cells(release: duckdb.DuckDBPyConnection) -> None:
    dimensions = [
        dimension
        for (dimension,) in release.execute(
            "select distinct dimension"
            " from kpi_catalog, unnest(string_split(dimensions, ', ')) as listed (dimension)"
            " where dimension != 'currency'"  # its slices are in their own currencies
        ).fetchall()
    ]
    rows = release.execute(f"""
        with

        listed as (

            {LISTING.text}

        ),

        cells as (

            from (select *, 'all' as "all" from kpi_cells)
            unpivot (member for dimension in ("all", {", ".join(dimensions)}))

        ),

        summed as (

            select
                kpi_id,
                date_trunc('month', calendar_date)::date as period_start,
                dimension,
                member,
                count(distinct calendar_date) as day_count,
                coalesce(max(matures_on) <= (select as_of from release), true) as is_mature,
                sum(numerator) as numerator,
                case
                    when kind = 'amount' then multiplier * sum(numerator)::double
                    when sum(denominator) > 0
                        then multiplier * (sum(numerator)::double / sum(denominator)::double)
                end as value
            from cells
            inner join listed using (kpi_id, is_stock)
            where dimension = 'all' or list_contains(string_split(dimensions, ', '), dimension)
            group by kpi_id, period_start, dimension, member, kind, multiplier

        )

        select
            kpi_id,
            any_value(is_stock),
            any_value(kind),
            max(day_count),
            count(*),
            count(*) filter (kpi_values.numerator is null and summed.numerator is not null),
            count(*) filter (summed.is_mature != kpi_values.is_mature),
            count(*) filter (
                abs(coalesce(summed.numerator, 0) - coalesce(kpi_values.numerator, 0)) > 0.01
            ),
            count(*) filter (
                summed.numerator is not null and summed.value is distinct from kpi_values.value
                -- of money in two currencies the cells are rounded one by one
                and not coalesce(
                    is_money and abs(summed.value / kpi_values.value - 1) < 1e-8, false
                )
            )
        from (
            select * from kpi_values
            where period_grain = 'month' and dimension in ('all', {str(dimensions)[1:-1]})
        ) as kpi_values
        full join summed using (kpi_id, period_start, dimension, member)
        inner join listed using (kpi_id)
        inner join (select kpi_id, is_money from kpi_catalog) using (kpi_id)
        group by kpi_id
        """).fetchall()
    wrong = [row for row in rows if any(row[5:]) or (row[1] and row[3] != 1)]
    assert wrong == []
    # of all kinds, and all that are there to be listed
    assert {row[1:3] for row in rows} == {
        (s, k) for s in (True, False) for k in ("ratio", "amount")
    }
    assert len(rows) > 40
    assert min(row[4] for row in rows) > 5


def test_there_is_no_figure_where_it_would_be_a_part_of_the_truth() -> None:
    with closing(duckdb.connect()) as connection:
        connection.execute(f"""
            attach ':memory:' as collections;
            create table collections.kpi_cells as
            select
                '{RATIO.kpi_id}' as kpi_id, false as is_stock, day::date as calendar_date,
                portfolio, numerator, denominator, blocked_by
            from (
                values
                    ('2026-01-05', 'summed', 1.00, 2.00, null),
                    ('2026-01-06', 'summed', 5.00, 6.00, null),
                    ('2026-01-05', 'blocked', 1.00, 2.00, null),
                    ('2026-01-06', 'blocked', null, null, 'No rate of USD.'),
                    ('2026-01-05', 'nothing there', 0.00, 0.00, null),
                    ('2026-01-05', 'refunds only', -1.00, -1.00, null)
            ) as cells (day, portfolio, numerator, denominator, blocked_by)
        """)
        rows = connection.execute(RATIO.text).fetchall()
        assert {row[1:] for row in rows} == {
            ("summed", 0.75),
            ("blocked", None),
            ("nothing there", None),
            ("refunds only", None),
        }
        connection.execute(
            f"update collections.kpi_cells set kpi_id = '{STOCK.kpi_id}', is_stock = true"
        )
        stocks = connection.execute(STOCK.text).fetchall()
        assert (date(2026, 1, 5), "summed", 0.5) in stocks
        assert (date(2026, 1, 6), "summed", 5 / 6) in stocks
        assert (date(2026, 1, 6), "blocked", None) in stocks


def test_who_keeps_the_file_open_reads_on_and_who_opens_it_again_reads_the_new_release(
    tmp_path: Path,
) -> None:
    make_release(tmp_path, 1)
    file = tmp_path / "published" / "collections.duckdb"

    def numbers(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
        return connection.execute("select distinct number from collections.kpi_values").fetchall()

    with closing(duckdb.connect(file, read_only=True)) as kept:
        assert numbers(kept) == [(1,)]
        make_release(tmp_path, 2)
        assert numbers(kept) == [(1,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            kept.execute("delete from kpi_values")
    with closing(duckdb.connect(file, read_only=True)) as opened_again:
        assert numbers(opened_again) == [(2,)]
