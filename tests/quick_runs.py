"""Runs of the daily job in seconds: all it does, less what dbt and Dagster add to it.

Most of the time of a run on a small warehouse dbt takes to send it some hundred statements. Here
dbt compiles them once, and every run sends them itself: it loads, builds, tests, seals, audits and
releases by the code and the SQL of `warehouse run`.
"""

import json
import shutil
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.contract import DBT_PROJECT, contract
from orchestration.ingestion.assets import ingest
from orchestration.insight.scoring import score
from orchestration.publication import Release, publish
from orchestration.seal import seal
from orchestration.settings import Settings
from orchestration.sql_text import literal
from orchestration.warehouse import open_warehouse, warehouse_path

STATEMENTS = "statements.json"
# this test compares files of the project with each other and asks no row
ABOUT_FILES = "every_kpi_has_the_columns_it_declares"


class BuildStoppedError(Exception):
    """A dbt test found rows, which ends the build."""


@dataclass(frozen=True)
class Statements:
    """The dbt project as SQL: ``models`` in the order they are built, ``tests``, by name.

    ``scored_models`` are those built once there are scores. ``comments`` say what the units of
    KPIs are, which the log of restatements goes by. ``start`` is a warehouse file with nothing but
    the seeds in it.
    """

    models: dict[str, str]
    scored_models: dict[str, str]
    comments: list[str]
    tests: dict[str, str]
    start: Path


def compile_project(folder: Path) -> None:
    """Have dbt write down in ``folder`` what it would send to a warehouse."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner  # these take seconds

    from orchestration.dbt_runner import QUIET, build, parsed_project
    from orchestration.transformation import downstream_of_scores, manifest

    settings = Settings(exports=str(folder), home=str(folder))
    open_warehouse(settings.warehouse).close()
    project = parsed_project()
    seeded = build(["--resource-type", "seed"], settings, lambda event: None)
    assert seeded.success, seeded.exception
    # build has named the warehouse file for dbt
    places = [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(folder / "dbt"), "--log-path", str(folder / "dbt")),
    ]
    compiled = dbtRunner(manifest=project).invoke(
        ["compile", "--exclude", "test_type:unit", ABOUT_FILES, *QUIET, *places]
    )
    assert compiled.success, compiled.exception
    DuckDBConnectionManager.close_all_connections()
    nodes = [result.node for result in compiled.result.results]
    tests = [
        node
        for node in nodes
        if node.resource_type == "test" and node.config.severity.lower() == "error"
    ]
    scored = downstream_of_scores(manifest())
    models = {
        node.unique_id: f"create or replace {node.config.materialized} main.{node.name} as"
        f" {node.compiled_code}"
        for node in nodes
        if node.resource_type == "model"
    }
    statements = {
        "models": {_name(one): sql for one, sql in models.items() if one not in scored},
        "scored_models": {_name(one): sql for one, sql in models.items() if one in scored},
        "comments": [
            f"comment on column main.{node.name}.unit_id is"
            f" {literal(node.columns['unit_id'].description)}"
            for node in nodes
            if node.resource_type == "model" and "unit_id" in node.columns
        ],
        "tests": {node.name: node.compiled_code for node in tests},
    }
    (folder / STATEMENTS).write_text(json.dumps(statements), encoding="utf-8")


def statements_in(folder: Path) -> Statements:
    """Read what ``compile_project`` wrote down."""
    statements = json.loads((folder / STATEMENTS).read_text(encoding="utf-8"))
    return Statements(**statements, start=warehouse_path(folder))


def quick_run(
    exports: Path,
    home: Path,
    statements: Statements,
    last_day: date | None = None,
    *,
    first_day: date | None = None,
    sources: Sequence[Path] = (),
) -> Release:
    """Load the export days from ``first_day`` to ``last_day``, build, test, audit and release.

    Raises what `warehouse run` ends with: ``InputError`` and ``RefusedError``, and
    ``BuildStoppedError`` where a dbt test does not hold. What is built already from the same
    rows is not built again.
    """
    settings = Settings(
        exports=str(exports),
        home=str(home),
        sources=list(map(str, sources)),
        first_day=first_day and first_day.isoformat(),
        last_day=last_day and last_day.isoformat(),
    )
    is_new = not settings.warehouse.exists()
    if is_new:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(statements.start, settings.warehouse)
    run_id = str(uuid.uuid4())
    ingested = ingest(settings, settings.days, contract())
    if ingested.files or ingested.withdrawn or is_new:
        _build(settings.warehouse, statements)
    seal(settings.warehouse, run_id)
    return publish(home, settings.warehouse, run_id)


def _build(warehouse: Path, statements: Statements) -> None:
    _send(warehouse, statements.models.values())
    score(warehouse)
    _send(warehouse, [*statements.scored_models.values(), *statements.comments])
    with closing(duckdb.connect(warehouse)) as connection:
        broken = [
            f"the test {name} found rows that must not be"
            for name, rows in statements.tests.items()
            # as dbt asks: with a limit, DuckDB 2.0.0 may wait for itself for ever
            if connection.execute(f"select count(*) from ({rows})").fetchone() != (0,)
        ]
    if broken:
        raise BuildStoppedError("\n".join(broken))


def _send(warehouse: Path, statements: Iterable[str]) -> None:
    with closing(duckdb.connect(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute("begin")
        for statement in statements:
            connection.execute(statement)
        connection.execute("commit")


def _name(unique_id: str) -> str:
    return unique_id.rpartition(".")[2]
