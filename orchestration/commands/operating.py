"""Commands that tell how a home is doing."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from expectations.arrivals import REQUIRED_KINDS
from orchestration.alerts import alert
from orchestration.commands.options import Home
from orchestration.errors import InputError, RefusedError
from orchestration.home_lock import holder_of
from orchestration.releases import KeptRelease, kept_releases
from orchestration.run_log import log_path, write_line
from orchestration.runs import DONE, RELEASED, Run, past_runs
from orchestration.terminal import console


def status(
    home: Home = Path("home"),
    max_age: Annotated[
        float | None,
        typer.Option(min=0, metavar="HOURS", help="The release may be no older than this."),
    ] = None,
    send_alert: Annotated[
        bool, typer.Option("--alert", help="Also send what is wrong to whom alerts go.")
    ] = False,
) -> None:
    """Say how a home is doing; exit code 1 where somebody has to look after it.

    That is where nothing is released, where the last run did not end well, or where the release
    is older than it may be.
    """
    if not home.is_dir():
        raise InputError(f"{home}: there is no such directory; use `warehouse run` first.")
    now = datetime.now(UTC).replace(tzinfo=None)
    served = next((one for one in kept_releases(home) if one.is_served), None)
    runs = past_runs(home)
    for line in (
        _release_line(served, now),
        _run_line(runs[-1:]),
        f"At work   {holder_of(home) or 'nobody'}",
        _exports_line(runs),
        _disk_line(home),
    ):
        console.print(line, markup=False, soft_wrap=True)
    if problems := _problems(served, runs[-1:], max_age, now):
        if send_alert:
            _send(home, problems)
        raise RefusedError(problems)


def _release_line(served: KeptRelease | None, now: datetime) -> str:
    if served is None:
        return "Release   none"
    return (
        f"Release   {served.release_id}, {_hours(served, now):.1f} hours old, as of"
        f" {served.as_of}, known at {served.known_at}, {served.audit_outcome.replace('_', ' ')}"
    )


def _run_line(last: list[Run]) -> str:
    if not last:
        return "Last run  none"
    (run,) = last
    seconds = f" after {run.seconds:.0f} seconds" if run.seconds is not None else ""
    return (
        f"Last run  {run.run_id}: {run.outcome}{seconds}, begun {run.started_at[:16]} UTC by"
        f" {run.user} on {run.host}; {run.rows_loaded:,} rows loaded, {run.rows_rejected:,}"
        f" rejected, {run.rows_released:,} released"
    )


def _exports_line(runs: list[Run]) -> str:
    known = next((run.newest_export_days for run in reversed(runs) if run.newest_export_days), {})
    days = ", ".join(f"{kind} {known.get(kind, 'never')}" for kind in REQUIRED_KINDS)
    return f"Exports   the newest loaded: {days}"


def _disk_line(home: Path) -> str:
    used = sum(path.lstat().st_size for path in home.rglob("*") if path.is_file())
    disk = shutil.disk_usage(home)
    return (
        f"Disk      {used / 1e9:,.2f} GB used by {home};"
        f" {disk.free / 1e9:,.2f} of {disk.total / 1e9:,.2f} GB are free"
    )


def _problems(
    served: KeptRelease | None, last: list[Run], max_age: float | None, now: datetime
) -> list[str]:
    """Say what somebody has to look after."""
    problems = []
    if served is None:
        problems.append("Nothing is released.")
    elif max_age is not None and _hours(served, now) > max_age:
        problems.append(
            f"The release is {_hours(served, now):.1f} hours old, more than {max_age:g}."
        )
    for run in last:
        if run.outcome not in (RELEASED, DONE):
            problems += [f"The last run ended so: {run.outcome}.", *run.problems]
    return problems


def _hours(served: KeptRelease, now: datetime) -> float:
    """Return the age of a release; none where the clock was set back behind it."""
    return max(0, (now - served.released_at).total_seconds() / 3600)


def _send(home: Path, problems: list[str]) -> None:
    def log(level: str, message: str) -> None:
        write_line(log_path(home, "status"), level, message)

    alert("status", home, "status", problems, log)
