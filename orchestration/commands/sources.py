"""Commands that help to write the YAML file of a source system."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import Exports
from orchestration.errors import InputError
from orchestration.ingestion.inference.draft import draft
from orchestration.ingestion.source_check import check_source
from orchestration.source_check_layout import checked_parts
from orchestration.terminal import console

sources = typer.Typer(
    name="sources",
    help="Connects your own files: drafts and checks their YAML.",
    no_args_is_help=True,
)


@sources.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.yml", help="YAML of a source system.")],
    exports: Exports = Path("exports"),
    rows: Annotated[
        int | None, typer.Option(min=1, help="Read so many rows of each file; by default all.")
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="First rows and examples to show.")] = 3,
) -> None:
    """Try a YAML file on the newest file of each of its patterns; nothing is kept.

    Exit codes: 0 it would load, 2 the YAML or a file would be refused. Rejected rows are shown.
    """
    checked = check_source(file, exports, rows, examples)
    for part in checked_parts(checked):
        if isinstance(part, str):
            console.print(part, markup=False, soft_wrap=True)
        else:
            console.print(part)
    console.print("")
    if checked.problems:
        raise InputError([*checked.problems, f"Next: mend this in {file} and check again."])
    console.print(
        f"It would load. Next: warehouse run --exports {exports} --sources {file}",
        markup=False,
        soft_wrap=True,
    )


@sources.command()
def infer(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of yours, with some rows.")],
    kind: Annotated[str | None, typer.Option(help="What it holds, as billing.instalments.")] = None,
    system: Annotated[str | None, typer.Option(help="Name of the system it is from.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.yml", help="File to write the draft to.")
    ] = None,
) -> None:
    """Draft the YAML for files like this one, for a person to finish."""
    text = draft(file, kind, system)
    if out is None:
        console.print(text, markup=False, soft_wrap=True, end="")
        return
    try:
        with out.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise InputError(f"--out {out}: that file is there already; name another one.") from None
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror}.") from None
    console.print(
        f"The draft is in {out}. Next: decide what has a question mark in it, then"
        f" warehouse sources check {out} --exports {file.parent}",
        markup=False,
        soft_wrap=True,
    )
