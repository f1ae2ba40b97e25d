"""Commands that run the job, write a sample or open the Dagster UI."""

import os
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import (
    Engine,
    Exports,
    Home,
    Keep,
    MoreSources,
    Sources,
    day_and_target,
    day_option,
)
from orchestration.engines import DUCKDB
from orchestration.errors import InputError
from orchestration.figures import newest_figures
from orchestration.postgres.target import TARGET_VARIABLE
from orchestration.progress import listening, report
from orchestration.releases import RELEASES_KEPT, release_file
from orchestration.terminal import console, figures_table, showing_progress, summary


def run(
    *,
    exports: Exports = Path("exports"),
    home: Home = Path("home"),
    sources: Sources = (),
    more_sources: MoreSources = (),
    day: day_option("--day", text="Load this export day only.") = None,
    first_day: day_option("--from", text="Load from this export day on.") = None,
    to: Annotated[
        list[str],
        typer.Option(
            metavar="DAY|URL",
            help="Load up to this export day. A URL, postgresql://...: serve the release from"
            " there too.",
        ),
    ] = (),
    as_of: day_option("--as-of", text="Describe the world at the end of this day.") = None,
    known_at: day_option("--known-at", text="Keep out what was exported later.") = None,
    keep: Keep = RELEASES_KEPT,
    engine: Engine = DUCKDB,
    wait: Annotated[
        float, typer.Option(min=0, metavar="MINUTES", help="Wait so long for another run.")
    ] = 60,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Load everything again, into a new warehouse file.")
    ] = False,
    lose_missing_files: Annotated[
        bool,
        typer.Option(
            "--lose-missing-files",
            help="With --rebuild: do without the rows of files that the exports no longer have.",
        ),
    ] = False,
) -> None:
    """Load what is new or changed, build, audit and release.

    Exit codes: 0 released, 1 refused by the audit, 2 bad input or configuration, 3 anything else.
    """
    if lose_missing_files and not rebuild:
        raise InputError("--lose-missing-files goes with --rebuild only.")
    last_day, url = day_and_target(to)
    if url and (as_of or known_at):
        raise InputError(
            "--to postgresql://...: a run about the past has a release of its own that is not"
            " copied; leave out the one or the other."
        )
    if url:
        os.environ[TARGET_VARIABLE] = url
    if day and (first_day or last_day):
        raise InputError("--day goes without --from and --to; say the one or the others.")
    with showing_progress() as listener, listening(listener):
        report("Starting", 0, 0)
        from orchestration import daily_run  # Dagster and dbt take seconds

        finished = daily_run.run_daily(
            daily_run.Settings(
                exports=str(exports.absolute()),
                home=str(home.absolute()),
                sources=[str(path.absolute()) for path in (*sources, *more_sources)],
                first_day=day or first_day,
                last_day=day or last_day,
                as_of=as_of,
                known_at=known_at,
                keep=keep,
                engine=engine,
                wait=wait,
            ),
            str(uuid.uuid4()),
            daily_run.Rebuild(lose_missing_files) if rebuild else None,
        )
    figures = newest_figures(release_file(finished.home))
    console.print(figures_table(figures, by=None, grain="month"))
    for line in summary(finished):
        console.print(line, markup=False, soft_wrap=True)


def sample(
    out: Annotated[Path, typer.Option(help="Directory to write the exports to.")],
    customers: Annotated[int, typer.Option(help="Customers of the portfolio.")] = 3000,
    months: Annotated[int, typer.Option(help="Months of daily exports.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same exports.")] = 7,
    fault: Annotated[
        list[str], typer.Option(help="What goes wrong on the last day, as orphans or orphans=0.1.")
    ] = (),
) -> None:
    """Write the exports of an invented but believable portfolio."""
    with showing_progress() as listener, listening(listener):
        report("Starting", 0, 0)
        from orchestration.sample import write_sample  # brings numpy
        from orchestration.sample.faults import inject, parsed

        for name in fault:
            parsed(name)
        written = write_sample(out, customers, months, seed, partial(report, "Sampling", 0, 0))
        for name in fault:
            inject(out, name, seed)
    console.print(
        f"{sum(written.rows.values()):,} rows in {sum(written.files.values()):,} files, exported"
        f" from {written.first_export_day} to {written.last_export_day}, are in {out}."
    )


def dev(
    exports: Exports = Path("exports"),
    home: Home = Path("home"),
    sources: Sources = (),
    more_sources: MoreSources = (),
    engine: Engine = DUCKDB,
) -> None:
    """Open the Dagster UI on a home, with the history of its runs."""
    from orchestration import daily_run  # Dagster takes a second

    settings = daily_run.Settings(
        exports=str(exports.absolute()),
        home=str(home.absolute()),
        sources=[str(path.absolute()) for path in (*sources, *more_sources)],
        engine=engine,
    )
    settings.check()
    daily_run.tidy_history(settings)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    os.execv(sys.executable, command)
