import re
from pathlib import Path

import pytest

from orchestration.contract import DBT_PROJECT, contract
from orchestration.kpi_pages import PAGES as KPI_PAGES
from orchestration.kpi_pages import Kpi, pages, read_kpis

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


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    return pages()


def test_what_is_written_of_the_kpis_is_current(written: dict[Path, str]) -> None:
    on_disk = {path: path.read_text(encoding="utf-8") for path in written if path.exists()}
    outdated = {path.name for path in written if on_disk.get(path) != written[path]}
    gone = {path.name for path in KPI_PAGES.glob("*.md")} - {path.name for path in written}
    assert (outdated, gone) == (set(), set()), "run `make docs`"


@pytest.mark.parametrize("kpi", read_kpis(), ids=lambda kpi: kpi.kpi_id)
def test_the_page_of_a_kpi_tells_all_of_it(kpi: Kpi, written: dict[Path, str]) -> None:
    page = written[KPI_PAGES / f"{kpi.kpi_id}.md"]
    for text in ("name", "question", "definition"):
        for language in ("en", "pt", "es"):
            assert " ".join(kpi.meta[text][language].split()) in page
    assert "| --- | --- |" in page.split("## Rows and edge cases")[1].split("## Example")[0]
    example = page.split("## Example")[1]
    assert example.count("| --- |") >= 2, "input rows and expected rows"


def test_the_list_of_kpis_is_the_files_there_are() -> None:
    macro = (DBT_PROJECT / "macros" / "kpis.sql").read_text().split("endmacro")[0]
    assert set(re.findall(r"'(\w+)',", macro)) == set(KPIS)


def test_the_readme_names_only_kinds_of_the_contract() -> None:
    text = (ROOT / "README.md").read_text()
    kinds = re.findall(r"exports/(billing|contact|payment)/(\w+)/", text)
    assert kinds
    assert [f"{area}.{kind}" for area, kind in kinds if f"{area}.{kind}" not in contract()] == []
