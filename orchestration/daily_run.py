"""One run of the daily job in this process, for the command line."""

import os
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from orchestration.engines import ENGINE_VARIABLE
from orchestration.errors import InputError, RefusedError, machine_error
from orchestration.home_lock import held, make_home
from orchestration.rebuild import delete, set_aside
from orchestration.run_log import log_path
from orchestration.runs import Recorder
from orchestration.settings import (
    EXPORTS_VARIABLE,
    HOME_VARIABLE,
    KEEP_VARIABLE,
    SOURCES_VARIABLE,
    Settings,
)

INSTANCE_FILE = Path(__file__).with_name("dagster.yaml")
LAUNCHED_HERE = {"launched_by": "command line"}
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
UNFINISHED = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Finished:
    """A released run: what the assets ``ingestion/files`` and ``release`` say of it.

    ``copied`` is what ``postgres_release`` says, empty where no PostgreSQL was named; ``drawn``
    is what the dashboard's first page says, empty where nothing is installed that draws it;
    ``aside`` is the warehouse file of before a rebuild, where it has to be kept.
    """

    home: Path
    log: Path
    loaded: Mapping[str, Any]
    released: Mapping[str, Any]
    copied: Mapping[str, Any]
    drawn: Mapping[str, Any]
    aside: Path | None = None


class RunError(Exception):
    """Neither the input nor the audit but something else ended the run; a sentence per problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Rebuild:
    """That a run begins with an empty warehouse, and whether files that are gone may be lost."""

    is_loss_accepted: bool


def run_daily(settings: Settings, run_id: str, rebuild: Rebuild | None = None) -> Finished:
    """Load, build, audit and release, once no other run is at work on the home.

    Raises ``InputError`` for bad input, ``RefusedError`` where the audit refuses, else
    ``RunError``; what led to that is in the log.
    """
    settings.check()
    try:
        with settings.at_work(run_id) as recorder:
            if rebuild is None:
                return _run(settings, run_id)
            return _run_rebuilding(settings, run_id, rebuild, recorder)
    except RefusedError as refused:
        report = settings.run_home / "reports" / run_id / "index.html"
        raise RefusedError([*refused.problems, f"The audit's report is {report}."]) from None
    except InputError:
        raise
    except Exception as error:
        told = machine_error(error, settings.run_home) or error
        problems = getattr(told, "problems", [f"{type(error).__name__}: {error}"])
        log = log_path(settings.run_home, run_id)
        raise RunError([*problems, f"The log, with all details, is {log}."]) from error


def tidy_history(settings: Settings) -> None:
    """Close what killed runs left open in a home's Dagster, unless a run is at work there."""
    make_home(settings.run_home)
    with suppress(InputError), held(settings.run_home, "warehouse dev"), history(settings):
        pass


@contextmanager
def history(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster of a home one holds, with no dead runs in it; children inherit it."""
    dagster_home = settings.run_home / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(INSTANCE_FILE, dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(dagster_home)
    os.environ[EXPORTS_VARIABLE] = settings.exports
    os.environ[HOME_VARIABLE] = settings.home
    os.environ[SOURCES_VARIABLE] = os.pathsep.join(settings.sources)
    os.environ[KEEP_VARIABLE] = str(settings.keep)
    os.environ[ENGINE_VARIABLE] = settings.engine
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    # Spark's client wants an older pandas for what nothing here asks of it
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        _bury_the_dead(instance)
        yield instance


def _run_rebuilding(
    settings: Settings, run_id: str, rebuild: Rebuild, recorder: Recorder
) -> Finished:
    """Run on an empty warehouse; delete the old file once its rows are released again."""
    aside = set_aside(settings, rebuild.is_loss_accepted)
    if aside:
        recorder.log("INFO", f"The warehouse file was put aside: {aside.path}")
    finished = _run(settings, run_id)
    if aside and aside.is_needed:
        return replace(finished, aside=aside.path)
    if aside:
        delete(aside)
    return finished


def _run(settings: Settings, run_id: str) -> Finished:
    with history(settings) as instance:
        from orchestration.definitions import defs  # parses the dbt project

        result = defs.resolve_job_def("daily").execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=LAUNCHED_HERE,
            run_config={
                "loggers": QUIET,
                "resources": {"settings": {"config": settings.model_dump()}},
            },
        )
    return Finished(
        home=settings.run_home,
        log=log_path(settings.run_home, run_id),
        loaded=_said_of(result, "raw", dg.AssetKey(["ingestion", "files"])),
        released=_said_of(result, "release", dg.AssetKey("release")),
        copied=_said_of(result, "postgres_release", dg.AssetKey("postgres_release")),
        drawn=_said_of(result, "dashboard", dg.AssetKey(["dashboard", "overview"])),
    )


def _said_of(result: dg.ExecuteInProcessResult, op: str, key: dg.AssetKey) -> dict[str, Any]:
    """Read an op's metadata of an asset as a whole."""
    return {
        name: entry.value
        for materialization in result.asset_materializations_for_node(op)
        if materialization.asset_key == key and materialization.partition is None
        for name, entry in materialization.metadata.items()
    }


def _bury_the_dead(instance: dg.DagsterInstance) -> None:
    """Close the runs whose process was killed: they would hold their place in the pool.

    Every run that has a place in the pool has the home to itself. Who has it now knows that the
    others are dead, wherever they were launched.
    """
    for run in instance.get_runs(RunsFilter(statuses=UNFINISHED, tags=LAUNCHED_HERE)):
        instance.report_run_failed(run, "Its process ended before the run did.")
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
