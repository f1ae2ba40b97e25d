"""One run of the daily job in this process, for the command line."""

import fcntl
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from orchestration.errors import InputError
from orchestration.run_log import log_path
from orchestration.settings import EXPORTS_VARIABLE, HOME_VARIABLE, SOURCES_VARIABLE, Settings

INSTANCE_FILE = Path(__file__).with_name("dagster.yaml")
LAUNCHED_BY = {"launched_by": "command line"}
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
ALIVE = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Finished:
    """A released run; ``loaded`` holds what ingestion counted, by the names it gives it."""

    home: Path
    release: Path
    report: Path
    log: Path
    loaded: dict[str, Any]


def prepare_dagster(settings: Settings) -> Path:
    """Set up this process and its children for Dagster at the run's home; return its directory."""
    dagster_home = settings.run_home.absolute() / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(INSTANCE_FILE, dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(dagster_home)
    os.environ[EXPORTS_VARIABLE] = settings.exports
    os.environ[HOME_VARIABLE] = settings.home
    os.environ[SOURCES_VARIABLE] = os.pathsep.join(settings.sources)
    return dagster_home


def run_daily(settings: Settings, run_id: str) -> Finished:
    """Load, build, audit and release.

    Raises ``InputError`` for bad input, ``Refused`` where the audit does, ``BuildError`` where
    dbt fails.
    """
    settings.check()
    dagster_home = prepare_dagster(settings)
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    from orchestration.definitions import defs  # parses the dbt project of this home

    with (
        _alone_in(settings.run_home),
        dg.DagsterInstance.from_config(str(dagster_home)) as instance,
    ):
        _bury_the_dead(instance)
        result = defs.resolve_job_def("daily").execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=LAUNCHED_BY,
            run_config={
                "loggers": QUIET,
                "resources": {"settings": {"config": settings.model_dump()}},
            },
        )
    released = _metadata(result, "release", dg.AssetKey("release"))
    return Finished(
        home=settings.run_home,
        release=Path(released["path"]),
        report=Path(released["report"]),
        log=log_path(settings.run_home, run_id),
        loaded=_metadata(result, "raw", dg.AssetKey(["ingestion", "files"])),
    )


def _metadata(result: dg.ExecuteInProcessResult, op: str, key: dg.AssetKey) -> dict[str, Any]:
    """Read what an op has said of an asset as a whole."""
    materializations = result.asset_materializations_for_node(op)
    of_asset = [one for one in materializations if one.asset_key == key and one.partition is None]
    return {name: entry.value for name, entry in of_asset[0].metadata.items()}


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
    """Close the runs whose process was killed, which would hold their place in the pool."""
    for run in instance.get_runs(RunsFilter(statuses=ALIVE, tags=LAUNCHED_BY)):
        instance.report_run_failed(run, "Its process ended before it did.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
