"""Options several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[Path, typer.Option(help="Directory of the warehouse, releases, reports, logs.")]
Exports = Annotated[Path, typer.Option(help="Directory the exports arrive in.")]
Sources = Annotated[
    list[Path],
    typer.Option(help="YAML files of the source systems, instead of the default layout."),
]
MoreSources = Annotated[list[Path], typer.Argument(hidden=True)]
Keep = Annotated[int, typer.Option(min=1, help="Releases that are kept, the newest.")]


def day_option(*names: str, text: str) -> type[str | None]:
    """Make an option that takes a day."""
    return Annotated[str | None, typer.Option(*names, metavar="DAY", help=text)]
