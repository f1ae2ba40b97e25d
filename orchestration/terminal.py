"""How the command line looks: progress while it works, figures and paths at its end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table

from orchestration.figures import Figure
from orchestration.progress import Progress

if TYPE_CHECKING:
    from orchestration.daily_run import Finished

SPARKS = "▁▂▃▄▅▆▇█"
MONTHS = "%b %Y"
NOTHING = "-"
MOST_NAMES = 10

console = Console(highlight=False)
errors = Console(highlight=False, stderr=True)


@contextmanager
def showing_progress() -> Iterator[Callable[[Progress], None]]:
    """Give a listener that draws a bar per stage, or a line per stage where nobody watches."""
    stages: dict[str, TaskID] = {}
    one_at_a_time = Lock()  # dbt reports from its threads
    with Bars(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[item]}", table_column=Column(no_wrap=True, ratio=1)),
        console=console,
        expand=True,
        disable=not console.is_terminal,
    ) as bars:

        def hear(progress: Progress) -> None:
            with one_at_a_time:
                show(progress)

        def show(progress: Progress) -> None:
            if progress.stage not in stages:
                for task in bars.tasks:
                    bars.update(task.id, total=1, completed=1, item="")
                stages[progress.stage] = bars.add_task(progress.stage, count="", item="")
                if not console.is_terminal:
                    console.print(f"{progress.stage} ...")
            bars.update(
                stages[progress.stage],
                completed=progress.done,
                total=progress.total or None,
                count=f"{progress.done} of {progress.total}" if progress.total else "",
                item=escape(progress.item),
            )

        yield hear
        for task in bars.tasks:
            bars.update(task.id, total=1, completed=1, item="")


def figures_table(figures: Sequence[Figure], *, by: str | None, grain: str) -> Table:
    """Lay out figures, a line each; ``by`` names the column of the members."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("KPI")
    if by:
        table.add_column(by)
    table.add_column(grain)
    table.add_column("value", justify="right")
    table.add_column("change", justify="right")
    table.add_column("trend")
    previous_kpi = None
    for figure in figures:
        cells = [figure.name if figure.kpi_id != previous_kpi else ""]
        previous_kpi = figure.kpi_id
        if by:
            cells.append(figure.member)
        mark = "" if figure.is_complete and figure.is_mature else " *"
        cells += [_period(figure, grain) + mark, value_text(figure), _change(figure)]
        table.add_row(*cells, _sparkline(figure.trend))
    if any(not (figure.is_complete and figure.is_mature) for figure in figures):
        table.caption = "* still open: the period or a window of its cases has not ended"
        table.caption_justify = "left"
    return table


def value_text(figure: Figure) -> str:
    """Write a value in its unit: 12.3%, BRL 1,234.50, 3.4 days, 1,234."""
    if figure.value is None:
        return NOTHING
    if figure.unit == "ratio":
        return f"{figure.value:.1%}"
    if figure.unit == "money":
        return f"{figure.currency} {figure.value:,.2f}"
    if figure.unit == "count":
        return f"{figure.value:,.0f}"
    return f"{figure.value:,.1f} {figure.unit}"


def _period(figure: Figure, grain: str) -> str:
    if grain == "month":
        return figure.period_start.strftime(MONTHS)
    if grain == "quarter":
        return f"{figure.period_start.year} Q{(figure.period_start.month + 2) // 3}"
    if grain == "year":
        return str(figure.period_start.year)
    return figure.period_start.isoformat()


def _change(figure: Figure) -> str:
    """Points for rates and days, percent for the rest; green where the KPI moves as it should."""
    in_points = {"ratio": (100, " pp"), "days": (1, " days")}
    if figure.unit in in_points:
        change, (scale, unit) = figure.change_points, in_points[figure.unit]
    else:
        change, (scale, unit) = figure.change_relative, (100, "%")
    if change is None:
        return NOTHING
    text = f"{change * scale:+,.1f}{unit}"
    if change == 0 or figure.direction not in ("up", "down"):
        return text
    is_good = (change > 0) == (figure.direction == "up")
    return f"[{'green' if is_good else 'red'}]{text}"


def _sparkline(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join(
        " " if value is None else SPARKS[round((value - low) / span * 7) if span else 3]
        for value in values
    )


def summary(finished: "Finished") -> list[str]:
    """Say what came in, what the audit noted, and where everything is."""
    loaded, released = finished.loaded, finished.released
    lines = [
        "",
        f"{loaded['files']:,} files loaded: {loaded['rows_loaded']:,} rows,"
        f" {loaded['rows_rejected']:,} rejected.",
    ]
    for columns, text in (
        ("unknown_columns", "Unknown columns, left out"),
        ("unclaimed", "Files no source system claims"),
    ):
        if loaded[columns]:
            lines.append(f"{text}: {_listed(loaded[columns])}.")
    lines += [f"Warning: {warning}" for warning in released["warnings"]]
    lines += [
        "",
        f"As of {released['as_of']}, known at {released['known_at']}.",
        f"Release  {finished.home / 'published'}",
        f"Audit    {released['report']}",
        f"Log      {finished.log}",
    ]
    return lines


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
