"""The guides on what works, for whom and when: in three languages, and true in each."""

import csv
import re
import tomllib

import duckdb
import pytest
from typer.main import get_command

from orchestration.command_line import app
from orchestration.contract import DBT_PROJECT, contract
from orchestration.insight.features import SCORE_MODELS
from orchestration.kpi_pages import read_kpis
from orchestration.policies import policies

ROOT = DBT_PROJECT.parent
GUIDES = ("contact-queue", "early-warning", "scores", "what-works")
FOLDERS = {"en": "docs", "pt": "docs/pt", "es": "docs/es"}
PAGES = [(guide, language) for guide in GUIDES for language in FOLDERS]
# the sample is too small for scores of ours, and keeps nobody out of its queue
EMPTY = ("contact_queue_exclusions", "early_warning_precision", "early_warnings", "score_reasons")
COMMANDS = ("warehouse ", "make ", "pip install ", "python -m ")
HOURS = r"\d\d:\d\d-\d\d:\d\d"
# what stands for several columns, as description_*, or files
PATTERN = r".*[*<].*"


def page(guide: str, language: str) -> str:
    return (ROOT / FOLDERS[language] / f"{guide}.md").read_text(encoding="utf-8")


def sql_blocks(guide: str, language: str) -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", page(guide, language), re.DOTALL | re.MULTILINE)


def quoted(guide: str, language: str) -> set[str]:
    """What a guide has between backticks, its blocks apart."""
    sentences = re.sub(r"^```.*?^```", "", page(guide, language), flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", sentences))


def built() -> set[str]:
    """The models, seeds and tests of the dbt project."""
    return {
        path.stem
        for folder in ("models", "seeds", "tests")
        for path in (DBT_PROJECT / folder).rglob("*")
        if path.suffix in (".sql", ".csv")
    }


def values(release: duckdb.DuckDBPyConnection) -> set[str]:
    """What columns may hold: by the checks of models, in seeds, and in the release."""
    found = {f"{model}{kind}" for model in SCORE_MODELS for kind in ("", "_challenger")}
    for path in (*DBT_PROJECT.glob("models/**/*.yml"), *DBT_PROJECT.glob("seeds/*.yml")):
        for listed in re.findall(r"values: \[([^]]*)]", path.read_text(encoding="utf-8")):
            found |= {value.strip(" '\"") for value in listed.split(",")}
    for name in ("experiments", "conduct_rules"):
        with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8") as rows:
            found |= {cell for row in csv.reader(rows) for cell in row}
    held = release.execute("""
        select score_model from fct_scores
        union select arm from fct_assignments
        union select dimension from reason_resolution
    """)
    return found | {value for (value,) in held.fetchall()}


def tables(release: duckdb.DuckDBPyConnection) -> set[str]:
    return {
        name for (name,) in release.execute("select table_name from duckdb_tables()").fetchall()
    }


@pytest.fixture(scope="module")
def known(release: duckdb.DuckDBPyConnection) -> set[str]:
    """Every name a guide may use."""
    columns = release.execute("select distinct column_name from duckdb_columns()").fetchall()
    return (
        {name for (name,) in columns}
        | tables(release)
        | built()
        | values(release)
        | set(policies())
        | {kpi.kpi_id for kpi in read_kpis()}
        | set(contract())
        | {kind.partition(".")[2] for kind in contract()}
        | {column.name for kind in contract().values() for column in kind.columns}
    )


@pytest.mark.parametrize(("guide", "language"), PAGES)
def test_a_guide_leads_to_its_other_languages(guide: str, language: str) -> None:
    up = "" if language == "en" else "../"
    names = {"en": "English", "pt": "Português", "es": "Español"}
    ways = {"en": f"{up}{guide}.md", "pt": f"{up}pt/{guide}.md", "es": f"{up}es/{guide}.md"}
    links = [
        name if code == language else f"[{name}]({ways[code]})" for code, name in names.items()
    ]
    assert page(guide, language).splitlines()[2] == " · ".join(links)


@pytest.mark.parametrize(("guide", "language"), PAGES)
def test_a_guide_names_only_what_there_is(guide: str, language: str, known: set[str]) -> None:
    names = quoted(guide, language)
    words = {name for name in names if re.fullmatch(r"[\w.]+", name)}
    files = {name for name in words if name.endswith((".csv", ".sql", ".py"))}
    files |= {name for name in names - words if re.fullmatch(r"[\w./-]+", name)}
    assert words - files - known == set()
    places = (ROOT, DBT_PROJECT, DBT_PROJECT / "seeds")
    assert [name for name in files if not any((place / name).exists() for place in places)] == []
    others = {name for name in names - words - files if not re.fullmatch(HOURS, name)}
    others = {name for name in others if not re.fullmatch(PATTERN, name)}
    assert [name for name in others if not name.startswith(COMMANDS)] == []


@pytest.mark.parametrize(("guide", "language"), PAGES)
def test_a_guide_gives_only_commands_there_are(guide: str, language: str) -> None:
    text = page(guide, language)
    warehouse = get_command(app).commands
    for name, rest in re.findall(r"(?:^ +|`)warehouse (\w+)([^`\n]*)", text, re.MULTILINE):
        assert name in warehouse
        options = {option for given in warehouse[name].params for option in given.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= options
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`make ([\w-]+)`", text)) <= set(targets)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for installed in re.findall(r"pip install ([^`\n]+)", text):
        assert re.fullmatch(r"'\.\[(\w+)\]'", installed), "it is on no registry"
        assert installed[3:-2] in project["optional-dependencies"]
    for selected in re.findall(r"--(?:select|exclude) ([\w+ ]+)", text):
        assert {name.strip("+") for name in selected.split()} <= built()


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_is_about_the_same_in_every_language(
    guide: str, release: duckdb.DuckDBPyConnection
) -> None:
    told = tables(release) | {kpi.kpi_id for kpi in read_kpis()}
    named = {
        language: {name.removeprefix("kpi_") for name in quoted(guide, language) & told}
        for language in FOLDERS
    }
    assert named["pt"] == named["en"]
    assert named["es"] == named["en"]
    assert quoted(guide, "pt") == quoted(guide, "es")


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_asks_the_same_in_every_language(guide: str) -> None:
    english = set(sql_blocks(guide, "en"))
    assert english
    for language in ("pt", "es"):
        own = {re.sub(r"_en\b", f"_{language}", block) for block in english}
        assert set(sql_blocks(guide, language)) == own


@pytest.mark.parametrize(("guide", "language"), PAGES)
def test_the_sql_of_a_guide_runs_on_a_release(
    guide: str, language: str, release: duckdb.DuckDBPyConnection
) -> None:
    for block in sql_blocks(guide, language):
        rows = release.execute(block).fetchall()
        assert rows or any(name in block for name in EMPTY)
