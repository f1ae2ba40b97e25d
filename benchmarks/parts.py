"""The parts of the benchmark; each measures in turn what it compares, and gives its rows."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import limit, ours
from benchmarks.exports import take_last_day, write_exports, write_history
from benchmarks.figures import differences
from benchmarks.measuring import Measured, ProcessError, in_turn
from benchmarks.postgres_server import binaries, running, tuned
from benchmarks.rivals import figures_of, scripts
from orchestration.contract import contract
from orchestration.ingestion.assets import ingest
from orchestration.releases import release_file
from orchestration.settings import Settings

MIB = 2**20
HISTORIES = (1, 4, 16)


@dataclass(frozen=True)
class Bench:
    """What is asked for: where to work, how many contacts, how often, and beside whom."""

    scratch: Path
    contacts: int
    repeats: int
    rivals: Sequence[str]
    rivals_python: Path
    say: Callable[[str], object]

    @property
    def exports(self) -> Path:
        """Exports of the size, written once."""
        folder = self.scratch / f"exports-{self.contacts}"
        if not folder.exists():
            self.say(f"Writing exports with {self.contacts:,} contacts")
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            write_exports(self.scratch, unfinished, self.contacts)
            unfinished.rename(folder)
        return folder

    @property
    def home(self) -> Path:
        """Home of the whole job on the exports."""
        return self.scratch / f"home-{self.contacts}"

    def released(self) -> Path:
        """Return the home with the exports released, made by an unmeasured run if need be."""
        if not (self.home / "published").exists():
            self.say("Releasing the exports once, to have the figures")
            ours.first_run(self.exports, self.home)
        return self.home


@dataclass(frozen=True)
class Row:
    """A line of the report: what was measured, and what it is a multiple of, if of anything."""

    name: str
    seconds: float
    peak_bytes: int = 0
    ratio: float | None = None
    least: float | None = None
    most: float | None = None
    notes: list[str] = field(default_factory=list)


def limits(bench: Bench) -> list[Row]:
    """Compare the job's landing with a bare read, and its build with bare SQL."""
    loaded = bench.scratch / f"loaded-{bench.contacts}" / "warehouse.duckdb"
    statements = bench.scratch / "statements.json"
    # called like the file the SQL was compiled for, which names it
    spare = bench.scratch / "bare" / loaded.name
    spare.parent.mkdir(exist_ok=True)
    if not loaded.exists():
        settings = Settings(exports=str(bench.exports), home=str(loaded.parent))
        ingest(settings, None, contract())
    limit.compile_statements(loaded, statements, bench.scratch / "dbt")
    steps: list[dict[str, float]] = []

    def job() -> Measured:
        measured = ours.first_run(bench.exports, bench.home)
        steps.append(ours.seconds_by_step(bench.home))
        return measured

    taken = in_turn(
        {
            "the whole job": job,
            "bare read": partial(limit.bare_read, bench.exports, spare),
            "bare build": partial(limit.bare_build, statements, loaded, spare),
        },
        bench.repeats,
        bench.say,
    )
    middle = {step: sorted(run[step] for run in steps)[(len(steps) - 1) // 2] for step in steps[0]}
    read, build = taken["bare read"], taken["bare build"]
    spare.unlink(missing_ok=True)
    return [
        Row("read_csv into tables of text, bare", read.seconds, read.peak_bytes),
        Row(
            "landing of the daily job",
            middle["landing"],
            0,
            middle["landing"] / read.seconds,
            most=1.5,
        ),
        Row("SQL of all models, bare", build.seconds, build.peak_bytes),
        Row(
            "building of the daily job, with its tests",
            middle["building"],
            0,
            middle["building"] / build.seconds,
            most=1.3,
        ),
        Row(
            "the whole daily job",
            taken["the whole job"].seconds,
            taken["the whole job"].peak_bytes,
            notes=[f"{step} {seconds:.1f} s" for step, seconds in middle.items()],
        ),
    ]


OURS = "this project, ten KPIs"
ALL_OF_OURS = "this project, all KPIs, tested, audited and released (ratio: of pandas with ten)"
# how many times faster than each we are to be, with the same ten KPIs
LEAST = {"pandas": 8.0, "PostgreSQL": 3.0, "PySpark": 5.0, "Polars": 1.0}


def rivals(bench: Bench) -> list[Row]:
    """Compare ten KPIs by us and by others, and all KPIs by us; who differs is not timed."""
    with ExitStack() as stack:
        server = None
        if binaries() and "PostgreSQL" in bench.rivals:
            server = stack.enter_context(running(bench.scratch / "postgres", tuned()))
        of_ours = figures_of(OURS, bench.scratch)
        home = bench.scratch / "home-ten"
        computing = {
            OURS: partial(ours.ten_kpis, bench.exports, home, of_ours),
            **scripts(bench.rivals_python, bench.exports, bench.scratch, server),
        }
        measures = {
            # the first: its figures are what all others must come to
            ALL_OF_OURS: partial(ours.first_run, bench.exports, bench.home),
            **{
                name: partial(_checked, bench, name, compute)
                for name, compute in computing.items()
                if name in (OURS, *bench.rivals)
            },
        }
        failed: dict[str, str] = {}
        taken = in_turn(measures, bench.repeats, bench.say, failed)
    rows = [_row(name, one, taken) for name, one in taken.items()]
    return rows + [Row(f"{name} is not timed", 0.0, notes=[why]) for name, why in failed.items()]


def _checked(bench: Bench, name: str, compute: Callable[[], Measured]) -> Measured:
    figures = figures_of(name, bench.scratch)
    figures.unlink(missing_ok=True)
    measured = compute()
    if found := differences(figures, release_file(bench.home)):
        raise ProcessError("; ".join(found))
    return measured


def _row(name: str, one: Measured, taken: Mapping[str, Measured]) -> Row:
    """Say how many times faster than a rival we are."""
    if name in LEAST and OURS in taken:
        ratio, least = one.seconds / taken[OURS].seconds, LEAST[name]
    elif name == ALL_OF_OURS and "pandas" in taken:
        ratio, least = taken["pandas"].seconds / one.seconds, 1.0
    else:
        ratio, least = None, None
    return Row(name, one.seconds, one.peak_bytes, ratio, least)


def fixed_cost(bench: Bench) -> list[Row]:
    """Compare an empty day, with nothing new, with dbt's own build of the same warehouse."""
    home = bench.released()
    taken = in_turn(
        {
            "an empty day": partial(ours.daily_run, bench.exports, home),
            "dbt build": partial(ours.dbt_build, home),
        },
        bench.repeats,
        bench.say,
    )
    empty, built = taken["an empty day"], taken["dbt build"]
    return [
        Row("dbt build alone", built.seconds, built.peak_bytes),
        Row(
            "an empty day", empty.seconds, empty.peak_bytes, empty.seconds / built.seconds, most=2.0
        ),
    ]


def growth(bench: Bench) -> list[Row]:
    """Compare one further day on 1, 4 and 16 quarters of history, of the same volume a day.

    All contacts of the size are those of the longest one.
    """
    of_a_quarter = bench.contacts // max(HISTORIES)
    measures: dict[str, Callable[[], Measured]] = {}
    with ExitStack() as stack:
        for times in HISTORIES:
            folder = bench.scratch / f"history-{bench.contacts}-{times}"
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            exports, day, before = folder / "exports", folder / "day", folder / "before"
            bench.say(f"Making {times} times the history")
            systems = write_history(bench.scratch, exports, of_a_quarter, times)
            take_last_day(exports, day)
            ours.first_run(exports, before, systems)
            shutil.copytree(day, exports, dirs_exist_ok=True)

            def one_day(
                home: Path = folder / "home",
                before: Path = before,
                exports: Path = exports,
                systems: list[Path] = systems,
            ) -> Measured:
                shutil.rmtree(home, ignore_errors=True)
                shutil.copytree(before, home, symlinks=True)
                return ours.daily_run(exports, home, systems)

            measures[f"{times} times the history"] = one_day
        taken = in_turn(measures, bench.repeats, bench.say)
    first = next(iter(taken.values()))
    return [
        Row(
            f"one day on {name}",
            one.seconds,
            one.peak_bytes,
            one.seconds / first.seconds,
            most=1.5 if name.startswith("16") else None,
        )
        for name, one in taken.items()
    ]


def memory(bench: Bench) -> list[Row]:
    """Run the whole job as it is, and in a quarter of the memory its data has."""
    data = sum(path.stat().st_size for path in bench.exports.glob("*/*/*.csv"))
    quarter = f"{max(data // 4 // MIB, 64)}MB"
    taken = in_turn(
        {
            "as it is": partial(ours.first_run, bench.exports, bench.home),
            quarter: partial(
                ours.first_run, bench.exports, bench.scratch / "home-quarter", memory=quarter
            ),
        },
        1,
        bench.say,
    )
    return [
        Row(
            f"the whole daily job, {data / 2**30:.2f} GiB of exports",
            taken["as it is"].seconds,
            taken["as it is"].peak_bytes,
        ),
        Row(
            f"the same with WAREHOUSE_MEMORY={quarter}",
            taken[quarter].seconds,
            taken[quarter].peak_bytes,
            taken[quarter].seconds / taken["as it is"].seconds,
        ),
    ]


PARTS = {
    "limit": limits,
    "rivals": rivals,
    "empty": fixed_cost,
    "growth": growth,
    "memory": memory,
}
