"""What a run is asked to do, and where: the same for the command line and the Dagster UI."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
from pydantic import Field

from orchestration.engines import DUCKDB, ENGINE_VARIABLE, check_engine
from orchestration.errors import InputError
from orchestration.home_lock import held
from orchestration.ingestion.exports import DayRange
from orchestration.ingestion.sources import SourceSystem, default_source, load_source
from orchestration.periods import day_named
from orchestration.postgres.target import TARGET_VARIABLE, check_target
from orchestration.progress import report
from orchestration.releases import RELEASES_KEPT
from orchestration.runs import Recorder, at_work
from orchestration.warehouse import warehouse_path

# From these the Dagster UI takes what the command line takes as options.
EXPORTS_VARIABLE = "WAREHOUSE_EXPORTS"
HOME_VARIABLE = "WAREHOUSE_HOME"
SOURCES_VARIABLE = "WAREHOUSE_SOURCES"
KEEP_VARIABLE = "WAREHOUSE_KEEP"


class Settings(dg.ConfigurableResource):
    """Directories, source systems and days of a run; days are ISO dates."""

    exports: str = Field(description="Directory the exports arrive in.")
    home: str = Field(description="Directory of the warehouse, its releases, reports and logs.")
    sources: list[str] = Field([], description="YAML files of source systems; none: default.")
    first_day: str | None = Field(None, description="First export day to load; none: catch up.")
    last_day: str | None = Field(None, description="Last export day to load.")
    as_of: str | None = Field(None, description="Day the world is described; none: known_at.")
    known_at: str | None = Field(None, description="Day after which exports are not known yet.")
    keep: int = Field(RELEASES_KEPT, ge=1, description="Releases that are kept, the newest.")
    engine: str = Field(DUCKDB, description="What the models are built on: duckdb or spark.")
    wait: float = Field(60, ge=0, description="Minutes to wait for another run on the home.")

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the WAREHOUSE_... variables; without days it catches up."""
        return cls(
            exports=os.path.abspath(os.environ.get(EXPORTS_VARIABLE, "exports")),
            home=os.path.abspath(os.environ.get(HOME_VARIABLE, "home")),
            sources=list(filter(None, os.environ.get(SOURCES_VARIABLE, "").split(os.pathsep))),
            keep=int(os.environ.get(KEEP_VARIABLE, RELEASES_KEPT)),
            engine=os.environ.get(ENGINE_VARIABLE, DUCKDB),
        )

    @property
    def to(self) -> str | None:
        """URL of the PostgreSQL that gets the release too; a run about the past stays here.

        It is read where it is needed and is no configuration, which Dagster would keep: it may
        hold a password.
        """
        return None if self.is_about_the_past else os.environ.get(TARGET_VARIABLE) or None

    @property
    def is_about_the_past(self) -> bool:
        """Whether one of the clocks was set, which leaves the current warehouse alone."""
        return bool(self.as_of or self.known_at)

    @property
    def run_home(self) -> Path:
        """``home``, or a home of its own below it for each setting of the clocks."""
        if not self.is_about_the_past:
            return Path(self.home)
        clocks = {"known_at": self.known_at, "as_of": self.as_of}
        return Path(self.home, "asof", ",".join(f"{k}={v}" for k, v in clocks.items() if v))

    @property
    def warehouse(self) -> Path:
        """The file this run builds in."""
        return warehouse_path(self.run_home)

    @property
    def days(self) -> DayRange | None:
        """Export days to load; None means all that are new or changed."""
        first, last = _day("from", self.first_day), _day("to", self.last_day)
        if first and last and first > last:
            raise InputError(f"--from {first} is after --to {last}; swap them.")
        if first or last:
            return DayRange(first or date.min, last or date.max)
        return None

    @property
    def clocks(self) -> dict[str, str]:
        """The clocks that were set, as dbt's variables."""
        as_of, known_at = _day("as-of", self.as_of), _day("known-at", self.known_at)
        if as_of and known_at and as_of > known_at:
            raise InputError(
                f"--as-of {as_of} is after --known-at {known_at}: a day cannot be described"
                " before its exports are known; move one of them."
            )
        days = {"as_of": as_of, "known_at": known_at}
        return {name: day.isoformat() for name, day in days.items() if day}

    @property
    def systems(self) -> tuple[SourceSystem, ...]:
        """The source systems named, or the default layout."""
        return tuple(load_source(Path(path)) for path in self.sources) or (default_source(),)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Settings"]:
        """Be at work on the home for as long as a run of Dagster lasts, whoever launched it."""
        if context.run is None:
            yield self
            return
        with self.at_work(context.run.run_id, context.log.info):
            yield self

    @contextmanager
    def at_work(
        self, run_id: str, tell: Callable[[str], object] = lambda message: None
    ) -> Iterator[Recorder]:
        """Have the home to oneself for a run, and tell for whom one waits."""

        def on_wait(holder: str) -> None:
            tell(f"Waiting for {holder}")
            _report_wait(holder)

        with at_work(self.run_home, run_id, self.wait, on_wait) as recorder:
            yield recorder

    def check(self) -> None:
        """Raise ``InputError`` for what can be seen to be wrong before anything is opened."""
        _ = self.clocks, self.days, self.systems
        check_engine(self.engine)
        if self.to:
            check_target(self.to)
        if not Path(self.exports).is_dir():
            raise InputError(
                f"{self.exports}: there is no such directory; name the one the exports are in."
            )

    def start_from_the_current_warehouse(self) -> None:
        """Give a run about the past its own copy of the warehouse file."""
        if not self.is_about_the_past:
            return
        self.warehouse.unlink(missing_ok=True)
        current = warehouse_path(Path(self.home))
        # not while another run writes to it
        with held(current.parent, f"copy for {self.run_home.name}", 60 * self.wait, _report_wait):
            if current.exists():
                shutil.copyfile(current, self.warehouse)


def _report_wait(holder: str) -> None:
    report(f"Waiting for {holder}", 0, 0)


def _day(option: str, text: str | None) -> date | None:
    return day_named(option, text) if text else None
