"""What has arrived: the files below the exports directory and whose they are."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from orchestration.errors import InputError
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.folder import (
    File,
    files_below,
    is_packed,
    is_partial,
    plain_name,
    shown_name,
)
from orchestration.ingestion.sources import SourceSystem, default_source

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Content:
    """What one pass over a file tells; ``lines`` leaves out blank lines at the end."""

    sha256: str
    lines: int
    has_nul: bool


@dataclass(frozen=True)
class Delivery:
    """A file of a system and day, and the ids of the kinds it is to feed.

    ``file_name`` is the path below the exports directory, with forward slashes. ``size_and_time``
    are its bytes and its time of change in ns; ``content`` is None until the file has been read.
    """

    system: SourceSystem
    spec: FileSpec
    kinds: tuple[str, ...]
    path: Path
    file_name: str
    export_day: date
    size_and_time: tuple[int, int]
    content: Content | None = None


@dataclass(frozen=True)
class Found:
    """Deliveries by day and name, the files no pattern matches, and those not complete yet."""

    deliveries: tuple[Delivery, ...]
    unclaimed: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True)
class DayRange:
    """Export days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def find_deliveries(exports: Path, systems: Sequence[SourceSystem]) -> Found:
    """Match every file below ``exports`` with the patterns of the systems.

    Of the default layout's files another system may claim any for itself. A file that two
    patterns match otherwise, or whose name holds no day where its pattern wants one, is an
    ``InputError``.
    """
    if not exports.is_dir():
        raise InputError(f"{exports}: there is no such directory; name the one the exports are in.")
    names = [system.system for system in systems]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"Several source systems are called {', '.join(twice)}; rename all but one."
        )
    files, problems = files_below(exports)
    names = {file.name for file in files}
    markers = _markers(names, systems)
    deliveries, unclaimed, waiting = [], [], []
    for file in files:
        name = shown_name(file.name)
        claims = _claims(file.name, systems, "path_pattern")
        if file.name in markers:
            continue
        if reason := _why_not_complete(file.name, claims, names):
            waiting.append(f"{name} ({reason})")
        elif len(claims) > 1:
            problems.append(
                f"{name}: matches {_patterns(claims)}; make the patterns exclude each other."
            )
        elif claims:
            try:
                deliveries.append(_delivery(file, *claims[0]))
            except ValueError as error:
                problems.append(f"{name}: {error}")
        elif near := _claims(file.name, systems, "near_path_pattern"):
            problems.append(
                f"{name}: its name holds no export day as {_patterns(near)} expects;"
                " rename it, or say export_day in the system's YAML."
            )
        else:
            unclaimed.append(name)
    if problems:
        raise InputError(problems)
    deliveries.sort(key=lambda delivery: (delivery.export_day, delivery.file_name))
    return Found(tuple(deliveries), tuple(unclaimed), tuple(waiting))


def size_and_time(path: Path) -> tuple[int, int]:
    """Return the bytes of a file and its time of change in nanoseconds."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def read_content(path: Path) -> Content:
    """Hash a file and count its lines, in one pass."""
    with path.open("rb") as file:
        return content_of(iter(partial(file.read, CHUNK_BYTES), b""))


def content_of(chunks: Iterable[bytes]) -> Content:
    """Tell what the bytes of a file are like."""
    digest, line_ends, has_nul, end = hashlib.sha256(), 0, False, b""
    for chunk in chunks:
        digest.update(chunk)
        line_ends += chunk.count(b"\n")
        has_nul = has_nul or b"\0" in chunk
        end = chunk
    blank_lines_at_end = end[len(end.rstrip(b"\r\n")) :].count(b"\n") - 1
    return Content(digest.hexdigest(), line_ends - blank_lines_at_end, has_nul)


Claim = tuple[SourceSystem, FileSpec]


def _claims(name: str, systems: Sequence[SourceSystem], pattern: str) -> list[Claim]:
    """List whose pattern a file's name matches, as it is or else without what it is packed by."""
    claims = [
        (system, spec)
        for system in systems
        for spec in system.files
        if getattr(spec, pattern).fullmatch(name)
    ]
    if not claims and is_packed(name):
        return _claims(plain_name(name), systems, pattern)
    return [claim for claim in claims if claim[0] is not default_source()] or claims


def _markers(names: set[str], systems: Sequence[SourceSystem]) -> set[str]:
    """List the names that say of another file that it is complete."""
    patterns = [
        spec.marker_pattern for system in systems for spec in system.files if spec.done_marker
    ]
    return {name for name in names if any(pattern.fullmatch(name) for pattern in patterns)}


def _why_not_complete(name: str, claims: Sequence[Claim], names: set[str]) -> str | None:
    if is_partial(name):
        return "its name is that of a file not complete yet"
    markers = {spec.marker_of(name) for _, spec in claims} - {None, *names}
    return f"there is no {shown_name(min(markers))} yet" if markers else None


def _patterns(claims: Sequence[Claim]) -> str:
    return " and ".join(f"'{spec.path}' of {system.system}" for system, spec in claims)


def _delivery(file: File, system: SourceSystem, spec: FileSpec) -> Delivery:
    if file.fault:
        raise ValueError(file.fault)
    return Delivery(
        system=system,
        spec=spec,
        kinds=tuple(spec.kinds),
        path=file.path,
        file_name=file.name,
        export_day=_export_day(file.name, spec),
        size_and_time=file.size_and_time,
    )


def _export_day(name: str, spec: FileSpec) -> date:
    if spec.export_day:
        return spec.export_day
    match = spec.path_pattern.fullmatch(name) or spec.path_pattern.fullmatch(plain_name(name))
    text = match["day"]
    try:
        return datetime.strptime(text, spec.day_format).date()
    except ValueError:
        raise ValueError(
            f"'{text}' in its name is no day of the form {spec.day_format}; rename it."
        ) from None
