"""Every rule of docs/rules.md is kept by a line of SQL, and a test sees that line break.

``rules.yml`` names, for each rule, the line, what it is broken into, and the unit test that must
fail by it. As unit tests see no model but their own, all lines are broken at once.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from orchestration.contract import DBT_PROJECT

ROOT = DBT_PROJECT.parent


@dataclass(frozen=True)
class Break:
    """A line of a file of the dbt project, what to break it into, and who must see it."""

    rule: str
    file: str
    line: str
    broken: str
    unit_test: str


BREAKS = [Break(**one) for one in yaml.safe_load((ROOT / "tests" / "rules.yml").read_text("utf-8"))]


def dbt(project: Path, *arguments: str) -> dict[str, str]:
    """Run dbt in a copy of the project; return the status of each node it ran, by name."""
    places = ["--target-path", project / "target", "--log-path", project / "logs"]
    done = subprocess.run(
        [Path(sys.executable).with_name("dbt"), *arguments, *places],
        cwd=project,
        env={**os.environ, "WAREHOUSE_FILE": str(project / "warehouse.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    results = project / "target" / "run_results.json"
    assert results.exists(), done.stdout + done.stderr
    return {
        result["unique_id"].split(".")[-1]: result["status"]
        for result in json.loads(results.read_text("utf-8"))["results"]
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project with every model built, on an empty file."""
    copy = tmp_path_factory.mktemp("broken") / "dbt_project"
    shutil.copytree(DBT_PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs", ".user.yml"))
    statuses = dbt(copy, "build", "--exclude-resource-type", "test", "unit_test", "exposure")
    assert set(statuses.values()) == {"success"}
    return copy


def test_every_rule_has_a_line_to_break() -> None:
    rules = re.findall(r"^\| (R\d+) \|", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.M)
    assert {one.rule for one in BREAKS} == set(rules)


def rounds(breaks: list[Break]) -> list[list[Break]]:
    """Put breaks of the same file into different rounds, so that none hides another."""
    made: list[list[Break]] = []
    for one in breaks:
        for others in made:
            if all(one.file != other.file for other in others):
                others.append(one)
                break
        else:
            made.append([one])
    return made


@pytest.mark.soak
@pytest.mark.parametrize("breaks", rounds(BREAKS), ids=lambda breaks: breaks[0].rule)
def test_a_broken_rule_fails_its_unit_test(project: Path, breaks: list[Break]) -> None:
    whole = {one.file: (project / one.file).read_text("utf-8") for one in breaks}
    for one in breaks:
        assert whole[one.file].count(one.line) == 1, f"{one.rule}: {one.line} is not in {one.file}"
        (project / one.file).write_text(whole[one.file].replace(one.line, one.broken), "utf-8")
    tests = [f"unit_test:{one.unit_test}" for one in breaks]
    statuses = dbt(project, "test", "--select", *tests)
    for file, text in whole.items():
        (project / file).write_text(text, "utf-8")
    assert {one.rule: statuses.get(one.unit_test) for one in breaks} == {
        one.rule: "fail" for one in breaks
    }
