"""Days and calendar periods as people write them: 2026-03-15, 2026-W10, 2026-03, 2026-Q1, 2026."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.errors import InputError

QUARTER = re.compile(r"(\d{4})-Q([1-4])")
WEEK = re.compile(r"(\d{4})-W(\d{2})")
MONTH = re.compile(r"(\d{4})-(\d{2})")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Period:
    """A period of a grain, as it was written, from its first to its last day."""

    name: str
    grain: str
    first_date: date
    last_date: date

    def __str__(self) -> str:
        return self.name


def period_named(name: str) -> Period:
    """Read a period; raises ``InputError`` where it is none."""
    try:
        grain, first_date, next_date = _bounds(name)
    except ValueError:
        raise InputError(
            f"--period {name}: that is no period; write 2026-03-15, 2026-W10, 2026-03, 2026-Q1"
            " or 2026."
        ) from None
    return Period(name, grain, first_date, next_date - timedelta(1))


def day_named(option: str, text: str) -> date:
    """Read the day an option names; raises ``InputError`` where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--{option} {text}: that is no day; write it as 2026-01-31.") from None


def _bounds(name: str) -> tuple[str, date, date]:
    """Return the grain, the first day, and the day after the last."""
    if found := QUARTER.fullmatch(name):
        year, quarter = map(int, found.groups())
        return "quarter", date(year, 3 * quarter - 2, 1), _month_start(year, 3 * quarter + 1)
    if found := WEEK.fullmatch(name):
        monday = date.fromisocalendar(*map(int, found.groups()), 1)
        return "week", monday, monday + timedelta(7)
    if found := MONTH.fullmatch(name):
        year, month = map(int, found.groups())
        return "month", date(year, month, 1), _month_start(year, month + 1)
    if YEAR.fullmatch(name):
        return "year", date(int(name), 1, 1), date(int(name) + 1, 1, 1)
    if not DAY.fullmatch(name):
        raise ValueError
    day = date.fromisoformat(name)
    return "day", day, day + timedelta(1)


def _month_start(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
