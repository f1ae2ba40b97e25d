"""Figures of rows of their own: what a table, and a chart with intervals, say is in the release."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
import yaml
from test_dashboard import exposures
from test_dashboard_figures import number

from dashboards.pages import Figure, Page, dimensions, pages, query, texts
from orchestration.contract import DBT_PROJECT

OF_ROWS = [(page, figure) for page in pages() for figure in page.figures if figure.query]
IDS = [f"{page.id}-{figure.id}" for page, figure in OF_ROWS]
# what an arm or a topic is called is the company's to say; these are what the sample calls them
NAMED_BY_COMPANIES = {"arm", "control_arm", "topic"}
# what a column is in, where it reads others than the one it is named after
READS = {
    "words": ("{0}_en", "{0}_pt", "{0}_es"),
    "rule": ("{0}", "description_en", "description_pt", "description_es"),
    "ratio_interval": ("low", "high"),
    "difference_interval": ("low", "high"),
}


@cache
def codes_of_models() -> dict[str, set[str]]:
    """The values that models of the project accept, by column."""
    accepted: dict[str, set[str]] = {}
    for path in (DBT_PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", ()):
            for column in model.get("columns", ()):
                for test in column.get("data_tests", ()):
                    if isinstance(test, dict) and "accepted_values" in test:
                        values = test["accepted_values"]["arguments"]["values"]
                        accepted.setdefault(f"{model['name']}.{column['name']}", set()).update(
                            str(value) for value in values
                        )
    return accepted


def rows_of(release, page: Page, figure: Figure) -> Iterator[dict]:
    """What the query of a figure gives, a row at a time."""
    release.execute(f"create or replace temp table shown_periods as {query('periods')}")
    release.execute(
        f"create or replace temp table shown_members as {query('members')}",
        {"dimensions": dimensions()},
    )
    found = release.execute(query(figure.query))
    names = [one[0] for one in found.description]
    return (dict(zip(names, row, strict=True)) for row in found.fetchall())


@pytest.mark.parametrize(("page", "figure"), OF_ROWS, ids=IDS)
def test_a_table_shows_columns_its_query_has(release, page: Page, figure: Figure) -> None:
    rows_of(release, page, figure)
    has = {one[0] for one in release.execute(query(figure.query)).description}
    for name, unit in figure.columns.items():
        assert {one.format(name) for one in READS.get(unit, ("{0}",))} <= has, name
    assert set(figure.label) <= set(figure.columns)
    assert figure.panel is None or figure.panel in has
    if figure.kind == "intervals":
        assert {"value", "low", "high"} <= has


def test_every_column_has_a_heading_and_no_heading_is_there_in_vain() -> None:
    used = {name for _, figure in OF_ROWS for name in figure.columns}
    assert used == set(texts()["columns"])


@pytest.mark.parametrize(("page", "figure"), OF_ROWS, ids=IDS)
def test_every_code_a_model_may_give_has_words(page: Page, figure: Figure) -> None:
    read = {one[len("ref('") : -len("')")] for one in exposures()[page.id]["depends_on"]}
    coded = {name for name, unit in figure.columns.items() if unit in ("code", "saying")}
    for column, values in codes_of_models().items():
        model, name = column.split(".")
        if model in read and name in coded:
            assert values <= set(texts()["codes"]) | set(texts()["members"]), column
