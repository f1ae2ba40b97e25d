"""One run of the daily job in this process, for the command line."""

import fcntl
import os
import shutil
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from orchestration.errors import InputError, RefusedError
from orchestration.run_log import log_path, write_line
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
    """A released run: what the assets ``ingestion/files`` and ``release`` say of it."""

    home: Path
    log: Path
    loaded: Mapping[str, Any]
    released: Mapping[str, Any]


class RunError(Exception):
    """Neither the input nor the audit but something else ended the run; a sentence per problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(problems))


def run_daily(settings: Settings, run_id: str) -> Finished:
    """Load, build, audit and release.

    Raises ``InputError`` for bad input, ``RefusedError`` where the audit refuses, else
    ``RunError``; what led to that is in the log.
    """
    settings.check()
    log = log_path(settings.run_home, run_id)
    try:
        return _run(settings, run_id, log)
    except RefusedError as refused:
        report = settings.run_home / "reports" / run_id / "index.html"
        raise RefusedError([*refused.problems, f"The audit's report is {report}."]) from None
    except InputError:
        raise
    except Exception as error:
        write_line(log, "ERROR", str(error), traceback=traceback.format_exc())
        problems = getattr(error, "problems", [f"{type(error).__name__}: {error}"])
        raise RunError([*problems, f"The log, with all details, is {log}."]) from error


@contextmanager
def history(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Have a home's Dagster to oneself, with no dead runs in it; children inherit its settings."""
    dagster_home = settings.run_home / "dagster"
    try:
        dagster_home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(INSTANCE_FILE, dagster_home / "dagster.yaml")
    except OSError as error:
        raise InputError(f"--home {settings.home}: nothing can be written there: {error}") from None
    os.environ["DAGSTER_HOME"] = str(dagster_home)
    os.environ[EXPORTS_VARIABLE] = settings.exports
    os.environ[HOME_VARIABLE] = settings.home
    os.environ[SOURCES_VARIABLE] = os.pathsep.join(settings.sources)
    os.environ[KEEP_VARIABLE] = str(settings.keep)
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    with (
        _alone_in(settings.run_home),
        dg.DagsterInstance.from_config(str(dagster_home)) as instance,
    ):
        _bury_the_dead(instance)
        yield instance


def _run(settings: Settings, run_id: str, log: Path) -> Finished:
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
        log=log,
        loaded=_said_of(result, "raw", dg.AssetKey(["ingestion", "files"])),
        released=_said_of(result, "release", dg.AssetKey("release")),
    )


def _said_of(result: dg.ExecuteInProcessResult, op: str, key: dg.AssetKey) -> dict[str, Any]:
    """Read an op's metadata of an asset as a whole."""
    return {
        name: entry.value
        for materialization in result.asset_materializations_for_node(op)
        if materialization.asset_key == key and materialization.partition is None
        for name, entry in materialization.metadata.items()
    }


@contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    """Hold the home against other runs of the command line."""
    with (home / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{home}: another run is at work there; wait for its end.") from None
        yield


def _bury_the_dead(instance: dg.DagsterInstance) -> None:
    """Close the runs whose process was killed: they would hold their place in the pool."""
    for run in instance.get_runs(RunsFilter(statuses=UNFINISHED, tags=LAUNCHED_HERE)):
        instance.report_run_failed(run, "Its process ended before the run did.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
