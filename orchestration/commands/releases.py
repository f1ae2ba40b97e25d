"""Commands about the releases of a home."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from orchestration.commands.options import Home, To, target_named
from orchestration.errors import InputError
from orchestration.home_lock import held
from orchestration.periods import day_named
from orchestration.policies import policy
from orchestration.postgres.target import TARGET_VARIABLE
from orchestration.progress import listening, report
from orchestration.releases import kept_releases, roll_back
from orchestration.terminal import console, releases_table, showing_progress


def releases(home: Home = Path("home")) -> None:
    """List the releases kept, the newest first."""
    kept = kept_releases(home)
    if not kept:
        raise InputError(f"{home}: nothing has been released there; use `warehouse run` first.")
    console.print(releases_table(kept))


def rollback(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="Id, or the beginning of one.")],
    home: Home = Path("home"),
    to: To = None,
) -> None:
    """Serve another release that is kept; the next run that passes its audit replaces it."""
    with held(home, "warehouse rollback"):
        served = roll_back(home, release)
    console.print(
        f"{home / 'published'} is now {served.release_id}, as of {served.as_of}, known at"
        f" {served.known_at}. The next run that passes its audit replaces it.",
        soft_wrap=True,
    )
    if url := target_named(to):
        _copy(home, url)


def copy(home: Home = Path("home"), to: To = None) -> None:
    """Have PostgreSQL serve the release that is served here."""
    url = target_named(to)
    if url is None:
        raise InputError(f"Say where to: --to, or the environment's {TARGET_VARIABLE}.")
    _copy(home, url)


def _copy(home: Path, url: str) -> None:
    from orchestration.postgres.copying import copy_release

    with showing_progress() as listener, listening(listener):
        copied = copy_release(home, url, partial(report, "Copying to PostgreSQL"))
    serves = "now serves" if copied.is_new else "serves already"
    console.print(
        f"{copied.place}, {serves} {copied.release_id}: {copied.table_count:,} tables,"
        f" {copied.row_count:,} rows.",
        markup=False,
        soft_wrap=True,
    )


def override(
    expectation: Annotated[
        str, typer.Argument(metavar="EXPECTATION", help="Name of a critical expectation.")
    ],
    *,
    person: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why it may fail.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day it may fail.")],
    home: Home = Path("home"),
) -> None:
    """Let a critical expectation fail until a day; every release made under it says so."""
    from expectations.audit import suites
    from expectations.limits import load_limits
    from expectations.overrides import (
        Override,
        check_override,
        load_overrides,
        overrides_file,
        save_overrides,
    )

    expires_on = day_named("until", until)
    if not (person.strip() and reason.strip()):
        raise InputError("--person and --reason: an override needs a name and a reason.")
    new = Override(expectation=expectation, person=person, reason=reason, expires_on=expires_on)
    critical = {
        check.name
        for suite in suites(load_limits(), is_compared=True)
        for check in suite.checks
        if check.severity == "critical"
    }
    check_override(new, critical, datetime.now(ZoneInfo(policy("business_time_zone"))).date())
    file = overrides_file(home)
    others = [one for one in load_overrides(file) if one.expectation != expectation]
    save_overrides(file, [*others, new])
    console.print(
        f"{expectation} may fail until {expires_on}, on the word of {person}: {file}. Every"
        " release made under it says so; delete its lines to end it earlier.",
        soft_wrap=True,
    )
