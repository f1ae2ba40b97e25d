"""Commands that compare published figures with other ones."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import Home
from orchestration.comparing.comparison import Which, check, compared
from orchestration.comparing.decomposition import decompose
from orchestration.comparing.explanation import open_release
from orchestration.comparison_layout import (
    editions_line,
    effects_table,
    kpis_table,
    values_table,
    why_lines,
)
from orchestration.errors import InputError
from orchestration.periods import period_named
from orchestration.releases import (
    DATABASE_NAME,
    kept_releases,
    release_directory,
    release_file,
)
from orchestration.terminal import console
from orchestration.warehouse import warehouse_path


def diff(
    old: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="Id of the earlier release.")
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="Id of the later release.")
    ] = None,
    *,
    against_release: Annotated[
        bool,
        typer.Option(
            "--against-release", help="Compare a warehouse file with the current release."
        ),
    ] = False,
    warehouse: Annotated[
        Path | None, typer.Option(help="That file; by default the one in the home.")
    ] = None,
    kpi: Annotated[str | None, typer.Option(help="Id of one KPI.")] = None,
    grain: Annotated[str | None, typer.Option(help="day, week, month, quarter or year.")] = None,
    dimension: Annotated[str | None, typer.Option(help="One dimension, or all.")] = None,
    top: Annotated[int, typer.Option(min=0, help="Values to show.")] = 10,
    csv: Annotated[Path | None, typer.Option(help="File to write every value to.")] = None,
    home: Home = Path("home"),
) -> None:
    """Show which values differ between two releases, or before an edit is merged.

    Without ids: the release before the current one, and the current one.
    """
    which = Which(kpi, grain, dimension)
    if against_release:
        if old or new:
            raise InputError("--against-release compares with the current release; name no ids.")
        files = release_file(home), warehouse or warehouse_path(home)
        if not files[1].exists():
            raise InputError(f"{files[1]}: there is no such file; `warehouse run` makes one.")
    elif warehouse:
        raise InputError("--warehouse goes with --against-release; add it.")
    else:
        files = _two_releases(home, old, new)
    with compared(*files) as comparison:
        check(comparison, which)
        console.print(editions_line(comparison.old, comparison.new), markup=False, soft_wrap=True)
        by_kpi = comparison.by_kpi(which)
        if not by_kpi:
            console.print("No value differs.")
        else:
            console.print("", kpis_table(by_kpi))
            if values := comparison.by_value(which, top):
                console.print("", values_table(values))
        if csv:
            count = comparison.write_csv(which, csv)
            console.print(f"{count:,} values are in {csv}.", markup=False, soft_wrap=True)


def why(
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="Id of the KPI.")],
    *,
    base: Annotated[
        str, typer.Option("--from", help="Period to compare with: 2026-03, 2026-W10, 2026-Q1 ...")
    ],
    period: Annotated[str, typer.Option("--to", help="Period whose value is in question.")],
    by: Annotated[str | None, typer.Option(help="Dimension to decompose by.")] = None,
    part: Annotated[str, typer.Option(help="Part, of a KPI that is a mix.")] = "all",
    home: Home = Path("home"),
) -> None:
    """Decompose the change of a value exactly: what was restated, then rate and mix."""
    periods = period_named(base), period_named(period)
    with closing(open_release(release_file(home))) as release:
        found = decompose(release, kpi, periods, by, part)
    for line in why_lines(found):
        console.print(line, markup=False, soft_wrap=True)
    console.print("", effects_table(found, found.effects, by or "side"))
    if found.undone:
        console.print("", effects_table(found, found.undone, "of which"))


def _two_releases(home: Path, old: str | None, new: str | None) -> tuple[Path, Path]:
    """Find the releases asked for: by default the current one, and the one before it."""
    later = release_directory(home, new) if new else release_file(home).parent
    if old:
        earlier = release_directory(home, old)
    else:
        before = [one.path for one in kept_releases(home) if one.path.name < later.name]
        if not before:
            raise InputError(
                f"{home}: no release is kept from before {later.name};"
                " `warehouse releases` lists them."
            )
        earlier = before[0]
    return earlier / DATABASE_NAME, later / DATABASE_NAME
