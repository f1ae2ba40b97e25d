"""One build on a cluster: rows go there, dbt builds, and what it built comes back."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dbt.cli.main import dbtRunnerResult
from dbt_common.events.base_types import EventMsg

from orchestration import dbt_runner
from orchestration.errors import InputError
from orchestration.home_lock import held, make_home
from orchestration.progress import report
from orchestration.settings import Settings
from orchestration.spark.built_tables import tables_of, take_in, write_built_tables
from orchestration.spark.place import Storage, check_spark, remote
from orchestration.spark.raw_tables import write_raw_tables
from orchestration.warehouse import open_warehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RAW_VARIABLE = "WAREHOUSE_SPARK_RAW"


def build_on_spark(
    arguments: Sequence[str], settings: Settings, hear: Callable[[EventMsg], None]
) -> dbtRunnerResult:
    """Build on the cluster; the tables built are then in the run's warehouse file.

    ``InputError`` where there is no client, or no cluster in reach, and where a part is to be built
    on tables that another home has built there since.
    """
    check_spark()
    storage = Storage.from_environment(Path(settings.home))
    make_home(storage.path)
    # the tables on the cluster are of one build at a time
    with held(storage.path, f"build of {settings.run_home}", 60 * settings.wait, _report_wait):
        _check_owner(storage.path / "built_for", settings, dbt_runner.ALL_MODELS in arguments)
        report("Handing the rows to Spark", 0, 0)
        raw = storage.below("raw").emptied()
        write_raw_tables(settings.warehouse, raw)
        shapes = _shapes(storage.path / "shapes")
        os.environ[RAW_VARIABLE] = raw.uri
        with _session() as session:
            result = dbt_runner.build(arguments, settings, hear)
            kept = tables_of(shapes)
            tables = [table for table in _built(result) if table in kept]
            report("Taking the tables back", 0, 0)
            built = storage.below("built")
            write_built_tables(session, tables, built)
        take_in(settings.warehouse, shapes, tables, built)
        # what the cluster wrote may be its own to delete, and is overwritten anyway
        shutil.rmtree(built.path, ignore_errors=True)
        return result


def _check_owner(path: Path, settings: Settings, is_from_the_start: bool) -> None:
    """Note whose the tables on the cluster are from now on; raise where they are another's."""
    owner = str(settings.run_home)
    if is_from_the_start:
        path.write_text(owner, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != owner:
        raise InputError(
            f"The tables on the cluster are not those of {owner}: another home was built there"
            " since, or none. Build all of it again with `warehouse run`."
        )


@contextmanager
def _session() -> "Iterator[SparkSession]":
    """Open the session that dbt uses too, and close it: another cluster may come next."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(remote()).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _built(result: dbtRunnerResult) -> list[str]:
    """Name the models and seeds that were built."""
    outcomes = [] if result.exception else result.result.results
    return [
        outcome.node.name
        for outcome in outcomes
        if outcome.status == "success" and outcome.node.resource_type in ("model", "seed")
    ]


def _shapes(home: Path) -> Path:
    """Build all models on DuckDB from no rows, and return the warehouse file."""
    nothing = Settings(exports=str(home), home=str(home))
    nothing.warehouse.unlink(missing_ok=True)
    open_warehouse(nothing.warehouse).close()
    result = dbt_runner.build(
        ["--exclude-resource-type", "unit_test", "test"], nothing, lambda event: None
    )
    if not result.success:
        raise dbt_runner.BuildError(dbt_runner.problems(result), dbt_runner.failed_nodes(result))
    return nothing.warehouse


def _report_wait(holder: str) -> None:
    report(f"Waiting for {holder}", 0, 0)
