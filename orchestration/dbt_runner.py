"""dbt, run in this process: it saves the seconds a subprocess takes to start."""

import os
from collections.abc import Callable, Sequence
from functools import cache

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.results import NodeResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg

from orchestration.contract import DBT_PROJECT
from orchestration.engines import DUCKDB
from orchestration.settings import Settings

FILE_VARIABLE = "WAREHOUSE_FILE"
ALL_MODELS = "fqn:*"
QUIET = ("--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-write-json")


class BuildError(Exception):
    """dbt could not build the warehouse or one of its tests failed; one sentence per problem.

    ``nodes`` are the names of the models and tests that failed.
    """

    def __init__(self, problems: Sequence[str], nodes: Sequence[str] = ()) -> None:
        self.problems = list(problems)
        self.nodes = list(nodes)
        super().__init__("\n".join(problems))

    @property
    def safe_problems(self) -> list[str]:
        """Name what failed: what dbt says of it may quote rows."""
        return [f"dbt: {node} failed." for node in self.nodes] or ["dbt could not run."]


@cache
def parsed_project(engine: str = DUCKDB) -> Manifest:
    """Parse the dbt project, once per process; dbt does not parse again what did not change.

    The warehouse file is left unnamed: what is parsed holds for every one.
    """
    os.environ.pop(FILE_VARIABLE, None)
    parse = ["parse", *QUIET, *_places(Settings.from_environment(), engine)]
    # what dbt kept may be at odds with descriptions that moved from one file to another
    for arguments in (parse, [*parse, "--no-partial-parse"]):
        result = dbtRunner().invoke(arguments)
        if result.success:
            return result.result
    raise BuildError([f"dbt cannot parse the project: {result.exception}"])


def build(
    arguments: Sequence[str], settings: Settings, hear: Callable[[EventMsg], None]
) -> dbtRunnerResult:
    """Have dbt build on the settings' engine, and tell what it says.

    With DuckDB that is in the run's warehouse file, which dbt then lets go of.
    """
    project = parsed_project(settings.engine)
    os.environ[FILE_VARIABLE] = str(settings.warehouse)
    try:
        return dbtRunner(manifest=project, callbacks=[hear]).invoke(
            ["build", *arguments, *QUIET, *_places(settings, settings.engine)]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()


def _places(settings: Settings, engine: str) -> list[str]:
    target = os.environ.get("DBT_TARGET_PATH") or os.path.join(settings.home, "dbt")
    if engine != DUCKDB:  # what dbt parsed for one it cannot use for another
        target = os.path.join(target, engine)
    return [
        *("--target", engine),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", target, "--log-path", target),
    ]


def problems(result: dbtRunnerResult) -> list[str]:
    """Say what went wrong, a sentence each."""
    if result.exception:
        return [f"dbt could not run: {result.exception}"]
    return [
        sentence for outcome in result.result.results if (sentence := _problem(outcome)) is not None
    ]


def failed_nodes(result: dbtRunnerResult) -> list[str]:
    """Name the models and tests that failed."""
    outcomes = [] if result.exception else result.result.results
    return [outcome.node.name for outcome in outcomes if outcome.status in ("error", "fail")]


def _problem(outcome: NodeResult) -> str | None:
    node = outcome.node
    if outcome.status == "error":
        said, *_ = outcome.message.partition("JVM stacktrace:")
        return f"{node.original_file_path}: dbt could not build {node.name}: {said.rstrip()}"
    if outcome.status == "fail":
        return (
            f"{node.original_file_path}: the test {node.name} found {outcome.failures} rows"
            " that must not be."
        )
    return None
