import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from whole_runs import query

from orchestration.contract import DBT_PROJECT


@dataclass(frozen=True)
class Build:
    """What an analyst's build says, its tables, and what `dbt docs` would show of them."""

    outcome: subprocess.CompletedProcess[str]
    manifest: dict
    columns: dict[str, set[str]]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build on an empty file, so that every unit test of every model runs."""
    place = tmp_path_factory.mktemp("dbt")
    warehouse = place / "warehouse.duckdb"
    outcome = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "build"),
            *("--target-path", place / "target", "--log-path", place / "logs"),
        ],
        cwd=DBT_PROJECT,
        env={**os.environ, "WAREHOUSE_FILE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    columns: dict[str, set[str]] = {}
    for table, column in query(
        warehouse,
        "select table_schema || '.' || table_name, column_name from information_schema.columns",
    ):
        columns.setdefault(table, set()).add(column)
    manifest = json.loads((place / "target" / "manifest.json").read_text())
    return Build(outcome, manifest, columns)


def described(build: Build, *resource_types: str) -> Iterator[tuple[str, dict]]:
    """Every node of the project of these types, by the table it is built as."""
    for node in [*build.manifest["nodes"].values(), *build.manifest["sources"].values()]:
        if node["resource_type"] in resource_types:
            name = node.get("alias") or node["identifier"]
            yield f"{node['schema']}.{name}", node


def test_an_analyst_can_build_and_test_the_project_by_itself(build: Build) -> None:
    assert build.outcome.returncode == 0, build.outcome.stdout
    assert "unit tests" in build.outcome.stdout


def test_every_model_seed_and_source_is_described(build: Build) -> None:
    nodes = dict(described(build, "model", "seed", "source"))
    assert set(nodes) >= {"main.kpi_values", "main.kpi_targets", "raw.billing_contracts"}
    assert [table for table, node in nodes.items() if not node["description"].strip()] == []


def test_every_column_of_a_table_is_described_and_none_that_it_has_not(build: Build) -> None:
    differences = {
        table: (
            sorted(build.columns[table] - set(node["columns"])),
            sorted(set(node["columns"]) - build.columns[table]),
        )
        for table, node in described(build, "model", "seed")
        if build.columns[table] != set(node["columns"])
    }
    assert differences == {}


def test_no_description_of_a_column_is_empty(build: Build) -> None:
    assert [
        f"{table}.{name}"
        for table, node in described(build, "model", "seed", "source")
        for name, column in node["columns"].items()
        if not column["description"].strip()
    ] == []
