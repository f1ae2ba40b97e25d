"""Files: which row is delivered on which export day, late, twice or in two parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from orchestration.sample.calendar import Calendar
from orchestration.sample.columns import Column

EXPORT_WEEKDAY = 1
DAYS_LATE = 10
DAY_IN_TWO_PARTS = date(2026, 6, 1)
DELIVERED_AGAIN_WITHIN = 3


@dataclass(frozen=True)
class Rows:
    """The rows of an export kind: ``known_day`` is when the delivering system knew each.

    ``daily`` kinds are exported on business days, the others on the first and last day and
    every Tuesday, or the business day after. Shares of the rows are delivered late, and
    again in a later file, but never those at the ``punctual`` positions.
    """

    area: str
    kind: str
    known_day: np.ndarray
    columns: Mapping[str, Column]
    daily: bool = False
    late_share: float = 0.0
    again_share: float = 0.0
    two_parts: bool = False
    punctual: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class Written:
    """What was written of a kind, and the days of its first and last file, if there is one."""

    rows: int
    files: int
    days: tuple[int, int] | None


def export_days(calendar: Calendar, daily: bool) -> np.ndarray:
    """Give the days on which a kind is exported."""
    days = np.arange(calendar.first_export, calendar.last + 1)
    if not daily:
        weekly = calendar.weekday[days] == EXPORT_WEEKDAY
        weekly[0] = weekly[-1] = True
        days = days[weekly]
    days = np.unique(calendar.next_business[days])
    return days[days <= calendar.last]


def versions(
    calendar: Calendar, before: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give what is delivered of weekly rows that change once: positions, and whether changed.

    Each is told as of the day ``before``, unless by the same export, and as of ``after``.
    """
    days = export_days(calendar, daily=False)
    early, late = np.searchsorted(days, before), np.searchsorted(days, after)
    first, second = np.flatnonzero(early < late), np.flatnonzero(late < len(days))
    row = np.concatenate([first, second])
    return row, np.repeat([False, True], [len(first), len(second)])


def write(out: Path, calendar: Calendar, rng: np.random.Generator, rows: Rows) -> Written:
    """Write the files of a kind: what is news by an export day goes into that day's file."""
    days = export_days(calendar, rows.daily)
    position, slot = _deliveries(calendar, rng, rows, days)
    folder = out / rows.area / rows.kind
    folder.mkdir(parents=True, exist_ok=True)
    filled, starts = np.unique(slot, return_index=True)
    files = 0
    for day, start, end in zip(days[filled], starts, [*starts[1:], len(slot)], strict=False):
        told = calendar.date(day)
        is_split = rows.two_parts and told == DAY_IN_TWO_PARTS and end - start > 1
        for number, part in enumerate(np.array_split(position[start:end], 1 + is_split), start=1):
            name = f"{told}_part{number}.csv" if number > 1 else f"{told}.csv"
            _write_file(folder / name, rows.columns, part)
            files += 1
    return Written(
        rows=len(position),
        files=files,
        days=(int(days[filled[0]]), int(days[filled[-1]])) if files else None,
    )


def _deliveries(
    calendar: Calendar, rng: np.random.Generator, rows: Rows, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the rows to be written and the export day of each, as positions, by day."""
    slot = np.searchsorted(days, _told_late(rng, calendar, rows))
    is_again = rng.random(len(slot)) < rows.again_share
    is_again[rows.punctual] = False
    again = np.flatnonzero(is_again)
    again_slot = slot[again] + rng.integers(1, DELIVERED_AGAIN_WITHIN + 1, len(again))
    position = np.concatenate([np.arange(len(slot)), again])
    slot = np.concatenate([slot, again_slot])
    order = np.argsort(slot, kind="stable")
    order = order[slot[order] < len(days)]
    return position[order], slot[order]


def _told_late(rng: np.random.Generator, calendar: Calendar, rows: Rows) -> np.ndarray:
    late = rng.random(len(rows.known_day)) < rows.late_share
    late &= rows.known_day > calendar.first_export
    late[rows.punctual] = False
    delay = rng.integers(1, DAYS_LATE + 1, len(late))
    told = np.where(late, rows.known_day + delay, rows.known_day)
    return np.where(rows.known_day <= calendar.last, np.minimum(told, calendar.last), told)


def _write_file(path: Path, columns: Mapping[str, Column], rows: np.ndarray) -> None:
    table = pa.table({name: column(rows) for name, column in columns.items()})
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))
