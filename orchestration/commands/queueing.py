"""The command that hands the contact queue to a dialler."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import Home
from orchestration.contact_queue import export_queue
from orchestration.releases import release_file
from orchestration.terminal import console


def queue(
    *,
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.")],
    channel: Annotated[
        list[str] | None, typer.Option(help="Channel to contact by; may be given again.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="The first so many only.")] = None,
    home: Home = Path("home"),
) -> None:
    """Write the contact queue of the release that is served to a file."""
    count = export_queue(release_file(home), out, channel or (), top)
    console.print(f"{count:,} customers to contact are in {out}.", markup=False, soft_wrap=True)
