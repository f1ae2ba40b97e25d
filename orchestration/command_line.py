"""The command ``warehouse``: thin over the Dagster job, the sample and the release.

What takes long to import is imported by the command that needs it.
"""

import os
import sys
import uuid
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from orchestration.errors import InputError, RefusedError
from orchestration.explanation import explain as explained
from orchestration.explanation import open_release
from orchestration.figures import newest_figures, recent_figures, release_file
from orchestration.periods import period_named
from orchestration.progress import listening, report
from orchestration.slices import Slice
from orchestration.terminal import (
    console,
    errors,
    explanation_lines,
    figures_table,
    rows_table,
    showing_progress,
    summary,
    title_of,
    trace_tables,
    way_back,
)
from orchestration.traces import place_of, trace

REFUSED, BAD_INPUT, FAILED = 1, 2, 3
MOST_PROBLEMS = 20

app = typer.Typer(
    name="warehouse",
    help="Turns billing, contact and payment exports into audited collection KPIs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Home = Annotated[Path, typer.Option(help="Directory of the warehouse, releases, reports, logs.")]
Exports = Annotated[Path, typer.Option(help="Directory the exports arrive in.")]
Sources = Annotated[
    list[Path],
    typer.Option(help="YAML files of the source systems, instead of the default layout."),
]
MoreSources = Annotated[list[Path], typer.Argument(hidden=True)]


def day_option(*names: str, text: str) -> type[str | None]:
    """Make an option that takes a day."""
    return Annotated[str | None, typer.Option(*names, metavar="DAY", help=text)]


@app.command()
def run(
    *,
    exports: Exports = Path("exports"),
    home: Home = Path("home"),
    sources: Sources = (),
    more_sources: MoreSources = (),
    day: day_option("--day", text="Load this export day only.") = None,
    first_day: day_option("--from", text="Load from this export day on.") = None,
    last_day: day_option("--to", text="Load up to this export day.") = None,
    as_of: day_option("--as-of", text="Describe the world at the end of this day.") = None,
    known_at: day_option("--known-at", text="Keep out what was exported later.") = None,
) -> None:
    """Load what is new or changed, build, audit and release.

    Exit codes: 0 released, 1 refused by the audit, 2 bad input or configuration, 3 anything else.
    """
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
            ),
            str(uuid.uuid4()),
        )
    figures = newest_figures(release_file(finished.home))
    console.print(figures_table(figures, by=None, grain="month"))
    for line in summary(finished):
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def kpis(
    home: Home = Path("home"),
    kpi: Annotated[
        str | None, typer.Option(help="Id of one KPI: its periods, newest first.")
    ] = None,
    by: Annotated[str, typer.Option(help="Dimension to slice by.")] = "all",
    grain: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "month",
) -> None:
    """Print the published figures."""
    release = release_file(home)
    figures = recent_figures(release, kpi, by, grain) if kpi else newest_figures(release, by, grain)
    console.print(figures_table(figures, by=None if by == "all" else by, grain=grain))


@app.command()
def explain(
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="Id of the KPI.")],
    *,
    period: Annotated[
        str, typer.Option(help="2026-03-15, 2026-W10 (a week), 2026-03, 2026-Q1 or 2026.")
    ],
    dimension: Annotated[
        str | None, typer.Option(help="Dimension of the slice, with --member.")
    ] = None,
    member: Annotated[str | None, typer.Option(help="Member of the dimension.")] = None,
    part: Annotated[str, typer.Option(help="Part, of a KPI that is a mix.")] = "all",
    unit: Annotated[
        str | None, typer.Option(help="A unit_id: show what is behind it instead.")
    ] = None,
    home: Home = Path("home"),
    top: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 10,
) -> None:
    """Do the arithmetic of a published value again, from the rows it is made of."""
    if (dimension is None) != (member is None):
        raise InputError("--dimension and --member go together; say both or neither.")
    wanted = Slice(kpi, period_named(period), dimension or "all", member or "all", part)
    with closing(open_release(release_file(home))) as release:
        explanation = explained(release, wanted, top)
        if unit:
            for shown in trace_tables(trace(release, explanation, unit, top)):
                console.print(shown, markup=False)
            return
        for line in explanation_lines(explanation):
            console.print(line, markup=False, soft_wrap=True)
        console.print(title_of("Contributing most", explanation.contributors))
        console.print(rows_table(explanation.contributors), "")
        for largest, *_ in explanation.contributors.rows[:1]:
            place = place_of(release, explanation.unit_id_is, largest)
            console.print(way_back(explanation, largest, place), markup=False, soft_wrap=True)


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Directory to write the exports to.")],
    customers: Annotated[int, typer.Option(help="Customers of the portfolio.")] = 3000,
    months: Annotated[int, typer.Option(help="Months of daily exports.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same exports.")] = 7,
) -> None:
    """Write the exports of an invented but believable portfolio."""
    with showing_progress() as listener, listening(listener):
        report("Starting", 0, 0)
        from orchestration.sample import write_sample  # brings numpy

        written = write_sample(out, customers, months, seed, partial(report, "Sampling", 0, 0))
    console.print(
        f"{sum(written.rows.values()):,} rows in {sum(written.files.values()):,} files, exported"
        f" from {written.first_export_day} to {written.last_export_day}, are in {out}."
    )


@app.command()
def dev(
    exports: Exports = Path("exports"),
    home: Home = Path("home"),
    sources: Sources = (),
    more_sources: MoreSources = (),
) -> None:
    """Open the Dagster UI on a home, with the history of its runs."""
    from orchestration import daily_run  # Dagster takes a second

    settings = daily_run.Settings(
        exports=str(exports.absolute()),
        home=str(home.absolute()),
        sources=[str(path.absolute()) for path in (*sources, *more_sources)],
    )
    settings.check()
    with daily_run.history(settings):
        pass  # only to close what a killed run left open
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    os.execv(sys.executable, command)


def main() -> None:
    """Run the command and end with its exit code; problems are sentences, never a traceback."""
    try:
        app()
    except InputError as error:
        _fail(error.problems, BAD_INPUT)
    except RefusedError as error:
        _fail(error.problems, REFUSED)
    except KeyboardInterrupt:
        _fail(["Interrupted; the next run takes up what is left to do."], FAILED)
    except Exception as error:
        problems = getattr(error, "problems", [f"{type(error).__name__}: {error}"])
        _fail(problems, FAILED)


def _fail(problems: Sequence[str], exit_code: int) -> None:
    for problem in problems[:MOST_PROBLEMS]:
        errors.print(problem, style="red", markup=False, soft_wrap=True)
    if len(problems) > MOST_PROBLEMS:
        errors.print(f"... and {len(problems) - MOST_PROBLEMS} more.", style="red")
    sys.exit(exit_code)
