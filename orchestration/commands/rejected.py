"""The command that tells what was rejected."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import Home, day_option
from orchestration.ingestion.rejections import Which, rejected_in
from orchestration.periods import day_named
from orchestration.rejections_layout import rejected_lines, rejections_table
from orchestration.terminal import console
from orchestration.warehouse import warehouse_path


def rejected(
    *,
    source: Annotated[str | None, typer.Option(help="Source system.")] = None,
    kind: Annotated[str | None, typer.Option(help="Export kind, as payment.payments.")] = None,
    day: day_option("--day", text="Export day.") = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each reason.")] = 3,
    csv: Annotated[Path | None, typer.Option(help="File to write every rejected value to.")] = None,
    home: Home = Path("home"),
) -> None:
    """Show which delivered rows are in no figure, why, and what to do."""
    which = Which(source, kind, day_named("day", day) if day else None)
    found = rejected_in(warehouse_path(home), which, examples, csv)
    if not found.groups:
        console.print("No row is rejected: all that was asked for is loaded and typed.")
    else:
        console.print(rejections_table(found.groups), "")
        for line in rejected_lines(found):
            console.print(line, markup=False, soft_wrap=True)
    if csv:
        console.print(
            f"{sum(group.count for group in found.groups):,} rejected values are in {csv}.",
            markup=False,
            soft_wrap=True,
        )
