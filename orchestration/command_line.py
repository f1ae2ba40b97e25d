"""The command ``warehouse``: its subcommands, and how it ends.

What takes long to import is imported by the command that needs it.
"""

import os
import sys
from collections.abc import Sequence

import typer

from orchestration.commands import (
    comparing,
    operating,
    privacy,
    queueing,
    reading,
    rejected,
    releases,
    running,
    serving,
    sources,
)
from orchestration.errors import InputError, RefusedError
from orchestration.run_log import scrubbed
from orchestration.terminal import errors

REFUSED, BAD_INPUT, FAILED = 1, 2, 3
MOST_PROBLEMS = 20

app = typer.Typer(
    name="warehouse",
    help="Turns billing, contact and payment exports into audited collection KPIs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    running.run,
    reading.kpis,
    reading.explain,
    comparing.diff,
    comparing.why,
    queueing.queue,
    releases.releases,
    releases.rollback,
    releases.copy,
    releases.override,
    privacy.forget,
    operating.status,
    rejected.rejected,
    serving.serve,
    running.sample,
    running.dev,
):
    app.command()(command)
app.add_typer(sources.sources)


def main() -> None:
    """Run the command and end with its exit code; problems are sentences, never a traceback."""
    # what is written is its owner's alone, unless a folder's default ACL says otherwise
    os.umask(0o077)
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
        errors.print(scrubbed(problem), style="red", markup=False, soft_wrap=True)
    if len(problems) > MOST_PROBLEMS:
        errors.print(f"... and {len(problems) - MOST_PROBLEMS} more.", style="red")
    sys.exit(exit_code)
