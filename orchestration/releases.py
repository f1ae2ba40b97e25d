"""The releases of a home: which there are, which one is served, and going back to another.

    releases/<release_id>/     collections.duckdb, parquet/, audit/, dashboard/
    published                  a relative link to the one that BI tools read

A release's id begins with its number, so that ids are in order even where a clock was set back.
"""

import os
import re
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.errors import InputError

RELEASES_KEPT = 7
DATABASE_NAME = "collections.duckdb"
DASHBOARD = "dashboard/index.html"
RELEASE_ID = re.compile(r"(?P<number>\d{6})-\d{8}T\d{6}Z-.+")


@dataclass(frozen=True)
class KeptRelease:
    """A release on disk, and what its table ``release`` says of it; ``released_at`` is UTC."""

    release_id: str
    path: Path
    is_served: bool
    released_at: datetime
    as_of: date
    known_at: date
    audit_outcome: str
    row_count: int
    size_bytes: int


def releases_of(home: Path) -> Path:
    """Return the directory the releases of a home are in."""
    return home / "releases"


def served_release(home: Path) -> Path | None:
    """Return the directory of the release that is served."""
    served = (home / "published").resolve()
    return served if (served / DATABASE_NAME).exists() else None


def release_file(home: Path) -> Path:
    """Return the DuckDB file of the release that is served."""
    served = served_release(home)
    if served is None:
        raise InputError(f"{home}: nothing has been released there; use `warehouse run` first.")
    return served / DATABASE_NAME


def new_release_id(home: Path, run_id: str) -> str:
    """Make the id of the next release: its number, the instant, the run."""
    number = max((_number(path) for path in _release_directories(home)), default=0) + 1
    return f"{number:06d}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}"


def kept_releases(home: Path) -> list[KeptRelease]:
    """List the releases on disk, the newest first."""
    served = served_release(home)
    return [_described(path, path == served) for path in _release_directories(home)[::-1]]


def serve(home: Path, release: Path) -> None:
    """Swap the link readers follow; the rename is atomic, so it is never missing."""
    link = home / ".published.partial"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(release.resolve(), home.resolve()))
    link.replace(home / "published")
    flush(home)


def roll_back(home: Path, release_id: str) -> KeptRelease:
    """Serve an earlier (or later) release that is still on disk, and return it."""
    path = release_directory(home, release_id)
    serve(home, path)
    return _described(path, True)


def release_directory(home: Path, release_id: str) -> Path:
    """Return the directory of a release, by its id or by enough of its beginning."""
    ids = [path.name for path in _release_directories(home)]
    found = [one for one in ids if one.startswith(release_id)]
    if release_id in ids or len(found) == 1:
        return releases_of(home) / (release_id if release_id in ids else found[0])
    kept = ", ".join(ids) or "none"
    raise InputError(
        f"{release_id}: {'several releases' if found else 'no release'} of {home} begins so;"
        f" there is {kept}."
    )


def prune(home: Path, keep: int) -> None:
    """Delete all releases but the newest ``keep``, and never the one that is served.

    Who reads one that is deleted keeps it until the file is closed.
    """
    served = served_release(home)
    for path in _release_directories(home)[:-keep]:
        if path != served:
            # renamed first: a kill leaves no half release under a release's name
            doomed = path.with_name(f".{path.name}.partial")
            path.rename(doomed)
            shutil.rmtree(doomed)


def flush(path: Path) -> None:
    """Make sure that a file or the entries of a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _release_directories(home: Path) -> list[Path]:
    """List the directories of whole releases, the oldest first."""
    directory = releases_of(home).resolve()
    if not directory.exists():
        return []
    return sorted(path for path in directory.iterdir() if RELEASE_ID.fullmatch(path.name))


def _number(path: Path) -> int:
    return int(RELEASE_ID.fullmatch(path.name)["number"])


def _described(path: Path, is_served: bool) -> KeptRelease:
    with closing(duckdb.connect(path / DATABASE_NAME, read_only=True)) as connection:
        row = connection.execute(
            "select released_at, as_of, known_at, audit_outcome, row_count from release"
        ).fetchone()
    size_bytes = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return KeptRelease(path.name, path, is_served, *row, size_bytes=size_bytes)
