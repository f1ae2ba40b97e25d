"""How the command line looks: progress while it works, figures and paths at its end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table

from orchestration import slices
from orchestration.comparing.explanation import Explanation
from orchestration.comparing.traces import Place, Trace
from orchestration.figures import Figure
from orchestration.progress import Progress
from orchestration.releases import DASHBOARD, KeptRelease

if TYPE_CHECKING:
    from orchestration.daily_run import Finished

SPARKS = "▁▂▃▄▅▆▇█"
MONTHS = "%b %Y"
NOTHING = "-"
MOST_NAMES = 10
MOST_COLUMNS = 10

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
        value = value_text(figure.value, figure.unit, figure.currency)
        cells += [_period(figure, grain) + mark, value, _change(figure)]
        table.add_row(*cells, _sparkline(figure.trend))
    if any(not (figure.is_complete and figure.is_mature) for figure in figures):
        table.caption = "* still open: the period or a window of its cases has not ended"
        table.caption_justify = "left"
    return table


def value_text(value: float | None, unit: str, currency: str | None) -> str:
    """Write a value in its unit: 12.3%, BRL 1,234.50, 3.4 days, 1,234."""
    if value is None:
        return NOTHING
    if unit == "ratio":
        return f"{value:.1%}"
    if unit == "money":
        return f"{currency} {value:,.2f}"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:,.1f} {unit}"


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


def explanation_lines(explanation: Explanation) -> list[str]:
    """Say what was asked, the arithmetic of the value, how it compares, and what it rests on."""
    kpi, published = explanation.kpi, explanation.published
    value = value_text(explanation.value, kpi.unit, published.currency)
    numerator, denominator = (
        number_text(explanation.sides[side].total) if side in explanation.sides else None
        for side in ("numerator", "denominator")
    )
    arithmetic = numerator if denominator is None else f"{numerator} / {denominator}"
    if kpi.multiplier != 1:
        arithmetic += f" x {kpi.multiplier:g}"
    previous = value_text(published.previous_value, kpi.unit, published.currency)
    target = value_text(published.target, kpi.unit, published.currency)
    return [
        f"{kpi.name}: {explanation.slice}",
        kpi.question,
        kpi.definition,
        "",
        *(
            f"{name:<12} {number_text(side.total)} = {_side_text(explanation, side)}"
            for name, side in explanation.sides.items()
        ),
        f"{'value':<12} {arithmetic} = {value}, which is what kpi_values says",
        *(
            ["Amounts of other currencies are converted at the rate of their day: dim_fx_rates."]
            if any(side.is_converted for side in explanation.sides.values())
            else []
        ),
        "",
        f"previous {previous}, target {target},"
        f" {'complete' if published.is_complete_period else 'period still open'},"
        f" {'mature' if published.is_mature else 'not mature yet'}, rests on"
        f" {explanation.unit_count:,} {'units' if kpi.counts == 'unit' else 'rows'}"
        f"{', a small sample' if published.is_small_sample else ''}",
        "",
    ]


def number_text(number: Decimal) -> str:
    """Write a side: whole where it is, else with two decimals."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"


def _side_text(explanation: Explanation, side: slices.Side) -> str:
    """Say what a side is the sum of."""
    is_unit = explanation.kpi.counts == "unit"
    eve = explanation.slice.period.first_date - timedelta(1)
    last = explanation.last_date
    texts = []
    if side.moment_count or not side.rule:
        what = "units, each once" if is_unit else "rows dated within the period"
        texts.append(f"{number_text(side.moments)} from {side.moment_count:,} {what}")
    if side.rule:
        what = {
            "start": f"there at the end of {eve}",
            "end": f"there at the end of {last}",
            "mean": f"there from {eve + timedelta(1)} to {last}, the mean of the days",
            "change": f"there at the end of {last} or of {eve}, the one less the other",
        }[side.rule]
        kind = "units" if is_unit else "spans"
        texts.append(f"{number_text(side.spans)} from {side.span_count:,} {kind} {what}")
    text = " + ".join(texts)
    return f"{text} - {number_text(side.in_both)} that are in both" if side.in_both else text


def rows_table(table: slices.Table) -> Table:
    """Lay out rows; numbers to the right."""
    laid_out = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(table.columns):
        is_number = any(isinstance(row[number], int | float | Decimal) for row in table.rows)
        laid_out.add_column(column, justify="right" if is_number else "left")
    for row in table.rows:
        laid_out.add_row(*(_cell(value) for value in row))
    return laid_out


def title_of(text: str, table: slices.Table) -> str:
    """Say what a table shows, and of how many rows."""
    shown = len(table.rows)
    return f"{text} ({shown:,} of {table.count:,}):" if shown < table.count else f"{text}:"


def _cell(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, Decimal | float):
        return number_text(Decimal(value))
    return escape(str(value))


def way_back(explanation: Explanation, unit: str, place: Place | None) -> str:
    """Say what the unit_ids are, and how to see what is behind one of them."""
    held = f" {place.table} holds it by {place.column}." if place else ""
    return (
        f"unit_id: {explanation.unit_id_is}{held} Add --unit '{unit}' to see what is behind"
        f" one. All rows are in kpi_{explanation.kpi.kpi_id}."
    )


def trace_tables(trace: Trace) -> Iterator[str | Table]:
    """Lay out what is behind a unit; a single wide row with its columns one below the other."""
    for text, table in trace.tables.items():
        yield title_of(text, table)
        yield rows_table(_turned(table) if _is_wide(table) else table)
        yield ""


def _is_wide(table: slices.Table) -> bool:
    return len(table.rows) == 1 and len(table.columns) > MOST_COLUMNS


def _turned(table: slices.Table) -> slices.Table:
    rows = [
        (column, value)
        for column, value in zip(table.columns, table.rows[0], strict=True)
        if value is not None
    ]
    return slices.Table(["column", "value"], rows, len(rows))


def releases_table(releases: Sequence[KeptRelease]) -> Table:
    """Lay out releases, a line each; the one that is served is marked."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("release", "released (UTC)", "as of", "known at", "audit"):
        table.add_column(column, no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("MB", justify="right")
    for release in releases:
        table.add_row(
            ("* " if release.is_served else "  ") + release.release_id,
            f"{release.released_at:%Y-%m-%d %H:%M}",
            str(release.as_of),
            str(release.known_at),
            release.audit_outcome.replace("_", " "),
            f"{release.row_count:,}",
            f"{release.size_bytes / 1e6:,.1f}",
        )
    table.caption = "* served; `warehouse rollback RELEASE` serves another"
    table.caption_justify = "left"
    return table


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
        ("waiting", "Files not complete yet, left for the next run"),
        ("withdrawn", "Taken out, as no mapping gives it to its kind any more"),
    ):
        if loaded[columns]:
            lines.append(f"{text}: {_listed(loaded[columns])}.")
    lines += released["overridden"]
    lines += [f"Warning: {warning}" for warning in released["warnings"]]
    if finished.aside:
        lines.append(
            f"The warehouse file of before is kept as {finished.aside}: it may have rows that the"
            " exports no longer have. Delete it when nobody misses them."
        )
    lines += [
        "",
        f"As of {released['as_of']}, known at {released['known_at']}.",
        f"Release  {finished.home / 'published'}",
        *([f"         {finished.copied['place']}"] if finished.copied else []),
        *([f"Pages    {finished.home / 'published' / DASHBOARD}"] if finished.drawn else []),
        f"Audit    {released['report']}",
        f"Log      {finished.log}",
    ]
    return lines


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
