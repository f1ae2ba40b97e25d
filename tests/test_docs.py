import re
from pathlib import Path

import pytest

from orchestration.contract import DBT_PROJECT, contract

ROOT = DBT_PROJECT.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
KPIS = {
    path.stem.removeprefix("kpi_"): path
    for path in DBT_PROJECT.glob("models/marts/kpis/*/kpi_*.sql")
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_lists_every_kpi_with_its_file() -> None:
    listed = dict(re.findall(r"^\| \[`(\w+)`\]\((\S+)\)", (ROOT / "README.md").read_text(), re.M))
    assert {kpi: ROOT / link for kpi, link in listed.items()} == KPIS


def test_the_list_of_kpis_is_the_files_there_are() -> None:
    macro = (DBT_PROJECT / "macros" / "kpis.sql").read_text().split("kpi_dimensions")[0]
    assert set(re.findall(r"'(\w+)',", macro)) == set(KPIS)


def test_the_readme_names_only_kinds_of_the_contract() -> None:
    text = (ROOT / "README.md").read_text()
    kinds = re.findall(r"exports/(billing|contact|payment)/(\w+)/", text)
    assert kinds
    assert [f"{area}.{kind}" for area, kind in kinds if f"{area}.{kind}" not in contract()] == []
