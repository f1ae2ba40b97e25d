"""Options several commands have."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from orchestration.engines import ENGINE_VARIABLE
from orchestration.postgres.target import SCHEMES, TARGET_VARIABLE

Home = Annotated[Path, typer.Option(help="Directory of the warehouse, releases, reports, logs.")]
Exports = Annotated[Path, typer.Option(help="Directory the exports arrive in.")]
Sources = Annotated[
    list[Path],
    typer.Option(help="YAML files of the source systems, instead of the default layout."),
]
MoreSources = Annotated[list[Path], typer.Argument(hidden=True)]
Engine = Annotated[
    str,
    typer.Option(
        envvar=ENGINE_VARIABLE,
        metavar="duckdb|spark",
        help="What the models are built on; spark: see docs/spark.md.",
    ),
]
Keep = Annotated[int, typer.Option(min=1, help="Releases that are kept, the newest.")]

To = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help=f"PostgreSQL to serve it from too, postgresql://... (or: {TARGET_VARIABLE}).",
    ),
]


def day_option(*names: str, text: str) -> type[str | None]:
    """Make an option that takes a day."""
    return Annotated[str | None, typer.Option(*names, metavar="DAY", help=text)]


def day_and_target(values: Sequence[str]) -> tuple[str | None, str | None]:
    """Tell the day and the URL given as ``--to`` apart; the last of each counts."""
    urls = [value for value in values if value.startswith(SCHEMES)]
    days = [value for value in values if value not in urls]
    return (days or [None])[-1], (urls or [None])[-1]


def target_named(to: str | None) -> str | None:
    """Return the URL of PostgreSQL that was given, or that of the environment."""
    return to or os.environ.get(TARGET_VARIABLE) or None
