"""Files: which row is delivered on which export day, late, twice or in two parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from orchestration.sample.calendar import Calendar
from orchestration.sample.columns import Column

EXPORT_WEEKDAY = 1
DAYS_LATE = 10
DAYS_BEFORE_END_IN_TWO_PARTS = 29
DELIVERED_AGAIN_WITHIN = 3


@dataclass(frozen=True)
class Rows:
    """The rows of an export kind: ``known_day`` is when the delivering system knew each.

    ``daily`` kinds are exported on business days, the others every Tuesday and on the
    first business day. Shares of the rows are delivered late, and again in a later file.
    """

    area: str
    kind: str
    known_day: np.ndarray
    columns: Mapping[str, Column]
    daily: bool = False
    late_share: float = 0.0
    again_share: float = 0.0
    two_parts: bool = False


@dataclass(frozen=True)
class Written:
    """What was written of a kind; days are those of its first and last file."""

    rows: int
    files: int
    first_day: int
    last_day: int


def export_days(calendar: Calendar, daily: bool) -> np.ndarray:
    """Give the days on which a kind is exported."""
    days = np.arange(calendar.first_export, calendar.last + 1)
    days = days[calendar.business[days]]
    if daily:
        return days
    chosen = calendar.weekday[days] == EXPORT_WEEKDAY
    chosen[0] = chosen[-1] = True
    return days[chosen]


def write(out: Path, calendar: Calendar, rng: np.random.Generator, rows: Rows) -> Written:
    """Write the files of a kind: what is news by an export day goes into that day's file."""
    days = export_days(calendar, rows.daily)
    known = _told_late(rng, calendar, rows)
    position = np.arange(len(known))
    slot = np.searchsorted(days, known)
    again = np.flatnonzero(rng.random(len(known)) < rows.again_share)
    again_slot = slot[again] + rng.integers(1, DELIVERED_AGAIN_WITHIN + 1, len(again))
    again, again_slot = again[again_slot < len(days)], again_slot[again_slot < len(days)]
    position, slot = np.concatenate([position, again]), np.concatenate([slot, again_slot])
    position, slot = position[slot < len(days)], slot[slot < len(days)]
    order = np.argsort(slot, kind="stable")
    position, slot = position[order], slot[order]

    folder = out / rows.area / rows.kind
    folder.mkdir(parents=True, exist_ok=True)
    filled, starts = np.unique(slot, return_index=True)
    files = 0
    for one, chosen in zip(filled, np.split(position, starts[1:]), strict=False):
        day = int(days[one])
        split = rows.two_parts and day == calendar.last - DAYS_BEFORE_END_IN_TWO_PARTS
        parts = np.array_split(chosen, 2) if split and len(chosen) > 1 else [chosen]
        for number, part in enumerate(parts, start=1):
            suffix = "" if number == 1 else f"_part{number}"
            _write_file(folder / f"{calendar.date(day)}{suffix}.csv", rows.columns, part)
        files += len(parts)
    return Written(
        rows=len(position),
        files=files,
        first_day=int(days[filled[0]]) if len(filled) else calendar.last,
        last_day=int(days[filled[-1]]) if len(filled) else calendar.first_export,
    )


def _told_late(rng: np.random.Generator, calendar: Calendar, rows: Rows) -> np.ndarray:
    late = rng.random(len(rows.known_day)) < rows.late_share
    late &= rows.known_day > calendar.first_export
    delay = rng.integers(1, DAYS_LATE + 1, len(late))
    told = np.where(late, rows.known_day + delay, rows.known_day)
    within = rows.known_day <= calendar.last
    return np.where(within, np.minimum(told, calendar.last), told)


def _write_file(path: Path, columns: Mapping[str, Column], rows: np.ndarray) -> None:
    table = pa.table({name: column(rows) for name, column in columns.items()})
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))
