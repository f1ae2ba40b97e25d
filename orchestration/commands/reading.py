"""Commands that read the published figures."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import Home
from orchestration.comparing.explanation import explain as explained
from orchestration.comparing.explanation import open_release
from orchestration.comparing.traces import place_of, trace
from orchestration.errors import InputError
from orchestration.figures import newest_figures, recent_figures
from orchestration.periods import period_named
from orchestration.releases import release_file
from orchestration.slices import Slice
from orchestration.terminal import (
    console,
    explanation_lines,
    figures_table,
    rows_table,
    title_of,
    trace_tables,
    way_back,
)


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
