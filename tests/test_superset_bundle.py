"""What the Superset bundle says of the KPIs is what they are, and its SQL is what is published."""

import re
from contextlib import closing

import duckdb
import pytest
import yaml

from orchestration.errors import InputError
from orchestration.kpi_pages import Kpi, read_kpis
from orchestration.superset.bundle import BUNDLE, bundle, release_uri
from orchestration.superset.dashboard import SHADES
from orchestration.superset.datasets import CELLS_SQL, VALUES_SQL
from orchestration.superset.declaration import charts_of, declared_tabs
from orchestration.superset.measures import (
    CELLS,
    VALUES,
    final_value,
    home,
    value,
    value_so_far,
)

KPIS = {kpi.kpi_id: kpi for kpi in read_kpis()}
DATASETS = {CELLS: CELLS_SQL, VALUES: VALUES_SQL}
ONE_SLICE = "period_grain = 'month' and dimension = 'all'"

Figures = dict[tuple, tuple]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return bundle(release_uri("home/published/collections.duckdb"))


def _charted(
    release: duckdb.DuckDBPyConnection, kpi: Kpi, table: str, by: str = "'all'"
) -> Figures:
    """Value, final value and value so far by month and slice, as the bundle's SQL has them."""
    rows = release.execute(f"""
        select
            month::date, {by}, {value(kpi, table)},
            {final_value(kpi, table)}, {value_so_far(kpi, table)}
        from ({DATASETS[table]})
        where kpi_id = '{kpi.kpi_id}' {f"and {ONE_SLICE}" if table == VALUES else ""}
        group by 1, 2
    """).fetchall()
    return {row[:2]: row[2:] for row in rows}


def _published(release: duckdb.DuckDBPyConnection, kpi: Kpi, dimension: str = "all") -> Figures:
    rows = release.execute(
        """
        select
            period_start, member, value,
            case when is_complete_period and is_mature then value end,
            case when not (is_complete_period and is_mature) then value end
        from kpi_values
        where kpi_id = ? and period_grain = 'month' and dimension = ?
        """,
        [kpi.kpi_id, dimension],
    ).fetchall()
    return {row[:2]: row[2:] for row in rows}


def _known(figures: Figures) -> Figures:
    """Leave out the months that have no value: of them, cells may have nothing."""
    return {month: values for month, values in figures.items() if values != (None, None, None)}


def _expected(kpi: Kpi, published: Figures) -> Figures:
    """What the cells are to give: the same to the last digit, where they are not rounded.

    The stock of a day is published at the rate of the day; its cells are ten-thousandths of it.
    """
    known = _known(published)
    if "spans" in kpi.meta and "money" in kpi.meta:
        return {
            month: tuple(figure and pytest.approx(figure, rel=1e-8) for figure in figures)
            for month, figures in known.items()
        }
    return known


def test_the_bundle_is_current(files: dict[str, str]) -> None:
    written = {
        str(path.relative_to(BUNDLE)): path.read_text(encoding="utf-8")
        for path in BUNDLE.rglob("*.yaml")
    }
    assert written == files, "run `make docs`"


def test_every_kpi_is_charted(files: dict[str, str]) -> None:
    charted = {kpi.kpi_id for chart in charts_of(declared_tabs(read_kpis())) for kpi in chart.kpis}
    assert charted == set(KPIS)


def test_every_chart_is_one_of_its_own(files: dict[str, str]) -> None:
    charts = list(charts_of(declared_tabs(read_kpis())))
    assert len({chart.name for chart in charts}) == len(charts)
    assert len({yaml.safe_load(text)["uuid"] for text in files.values() if "uuid" in text}) == (
        len(files) - 1  # the metadata
    )
    assert max(len(chart.kpis) for chart in charts) <= len(SHADES)


def test_a_metric_carries_what_the_kpi_says_of_itself(files: dict[str, str]) -> None:
    values = yaml.safe_load(files["datasets/collections/kpi_values.yaml"])
    metrics = {metric["metric_name"]: metric for metric in values["metrics"]}
    assert set(metrics) == set(KPIS)
    cash = metrics["cash_collected"]
    meta = KPIS["cash_collected"].meta
    assert cash["verbose_name"] == meta["name"]["en"]
    assert " ".join(meta["definition"]["en"].split()) in cash["description"]
    assert cash["currency"] == {"symbol": "BRL", "symbolPosition": "prefix"}
    formats = {kpi_id: metric["d3format"] for kpi_id, metric in metrics.items()}
    assert formats["recovery_rate_90d"] == ",.1%"
    assert (formats["cash_collected"], formats["profit_per_account"]) == (",.0f", ",.2f")
    assert formats["days_to_pay_after_due"] == formats["net_promoter_score"] == ",.1f"


def test_units_mixes_statistics_and_means_are_read_as_published() -> None:
    homes = {kpi_id: home(kpi) for kpi_id, kpi in KPIS.items()}
    for kpi_id in ("recovery_rate_90d", "cash_collected", "delinquent_balance_rate"):
        assert homes[kpi_id] == CELLS
    for kpi_id in (
        *("conversion_rate", "stage_mix", "time_to_recover_median"),
        *("recovery_rate_stock", "profit_per_account", "stuck_payers"),
    ):
        assert homes[kpi_id] == VALUES


@pytest.mark.parametrize("kpi_id", [kpi_id for kpi_id in KPIS if not KPIS[kpi_id].has_parts])
def test_a_month_has_the_value_that_is_published(
    release: duckdb.DuckDBPyConnection, kpi_id: str
) -> None:
    kpi = KPIS[kpi_id]
    published = _published(release, kpi)
    assert _charted(release, kpi, VALUES) == published
    if home(kpi) == CELLS:
        assert _known(_charted(release, kpi, CELLS)) == _expected(kpi, published)


def test_slices_of_cells_have_the_values_that_are_published(
    release: duckdb.DuckDBPyConnection,
) -> None:
    compared = 0
    for kpi in KPIS.values():
        for dimension in kpi.meta.get("dimensions", []) if home(kpi) == CELLS else []:
            if dimension != "currency":  # published by currency, a value is in that currency
                charted = _charted(release, kpi, CELLS, dimension)
                published = _published(release, kpi, dimension)
                assert _known(charted) == _expected(kpi, published), (kpi.kpi_id, dimension)
                compared += len(published)
    assert compared > 1000


def test_a_mix_is_published_by_its_parts(release: duckdb.DuckDBPyConnection) -> None:
    kpi = KPIS["payment_channel_mix"]
    together = _charted(release, kpi, VALUES)
    assert set(together.values()) == {(None, None, None)}
    rows = release.execute(f"""
        select sum(share) from (
            select month, part, {value(kpi, VALUES)} as share
            from ({VALUES_SQL}) where kpi_id = 'payment_channel_mix' and {ONE_SLICE} group by 1, 2
        ) group by month
    """).fetchall()
    assert {round(total, 9) for (total,) in rows} == {1}


def test_the_stocks_of_two_days_give_no_value(release: duckdb.DuckDBPyConnection) -> None:
    kpi = KPIS["delinquent_balance_rate"]
    query = f"select {value(kpi, CELLS)} from ({CELLS_SQL})"
    (days,) = release.execute(
        "select list(distinct calendar_date) from kpi_cells where kpi_id = ?", [kpi.kpi_id]
    ).fetchone()
    assert len(days) > 1
    assert release.execute(query).fetchone() == (None,)
    assert release.execute(f"{query} where calendar_date = ?", [max(days)]).fetchone()[0] > 0


def test_a_missing_rate_gives_no_value() -> None:
    kpi = KPIS["recovery_rate"]
    with closing(duckdb.connect()) as connection:
        connection.execute("""
            create table release as select date '2026-06-30' as as_of;
            create table kpi_cells as
            from (values
                ('recovery_rate', date '2026-05-01', 1, 2, null, null),
                ('recovery_rate', date '2026-05-02', null, null, 'no rate of USD', null),
                ('recovery_rate', date '2026-06-01', 1, 4, null, null),
                ('recovery_rate', date '2026-06-30', 1, 4, null, date '2026-07-01'),
                ('another', date '2026-06-30', 9, 9, 'no rate of USD', null)
            ) as cells(kpi_id, calendar_date, numerator, denominator, blocked_by, matures_on)
        """)
        rows = connection.execute(f"""
            select {value(kpi, CELLS)}, {final_value(kpi, CELLS)}, {value_so_far(kpi, CELLS)}
            from ({CELLS_SQL}) group by month order by month
        """).fetchall()
    assert rows == [(None, None, None), (0.25, None, 0.25)]


@pytest.mark.parametrize(
    ("chart", "problem"),
    [
        ("{headline: no_such}", "there is no KPI no_such"),
        ("{drawing: cash_collected}", "shows none of"),
        ("{slices: cash_collected, by: team}", "cash_collected has no dimension team"),
        ("{months: cash_collected, by: portfolio}", "slices are by a dimension"),
        ("{slices: cash_collected}", "slices are by a dimension"),
        ("{parts: cash_collected}", "is no mix"),
        ("{months: stage_mix}", "a mix is charted by its parts"),
        ("{lines: [cash_collected, recovery_rate], title: x}", "of several units"),
        ("{lines: [conversion_rate, payment_conversion_rate], title: x}", "is not comparable"),
    ],
)
def test_a_chart_that_cannot_be_is_refused(chart: str, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        declared_tabs(read_kpis(), f"[{{tab: T, rows: [[{chart}]]}}]")


def test_every_requirement_is_pinned_and_from_the_registry() -> None:
    lines = (BUNDLE.parent / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!-]+", line)] == []
    assert {"apache_superset==6.1.0", "Flask-Caching==2.3.1"} <= set(lines)
