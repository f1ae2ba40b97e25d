"""The days of a sample: fixed ones, so that a sample never depends on the day it is made."""

from dataclasses import dataclass
from datetime import date

import numpy as np

LAST_DAY = date(2026, 6, 30)
OPENING_MONTHS = 6
DAY_SECONDS = 86_400
FAR = 1_000_000

# of fixed date
BRAZILIAN_HOLIDAYS = "01-01 04-21 05-01 09-07 10-12 11-02 11-15 11-20 12-25"


@dataclass(frozen=True)
class Calendar:
    """Days as whole numbers from ``origin``, which is day 0.

    From day 0 to ``first_export`` lies the past that the first export brings along.
    The arrays are by day and reach some months beyond ``last``: whether business is done
    that day, its weekday (Monday is 0), the day itself or the nearest business day after
    and before it.
    """

    origin: np.datetime64
    first_export: int
    last: int
    business: np.ndarray
    weekday: np.ndarray
    next_business: np.ndarray
    previous_business: np.ndarray

    def date(self, day: int) -> date:
        """Give the calendar date of a day."""
        return (self.origin + np.timedelta64(int(day), "D")).astype(date)

    @property
    def first_second(self) -> int:
        """The instant the first export day begins, in seconds from day 0."""
        return self.first_export * DAY_SECONDS

    def is_told(self, instant: np.ndarray) -> np.ndarray:
        """Whether instants lie before the end of the last day."""
        return instant < (self.last + 1) * DAY_SECONDS

    def day_of(self, instant: np.ndarray) -> np.ndarray:
        """Give the days of instants, in seconds from day 0; none beyond the last."""
        return np.minimum(instant // DAY_SECONDS, self.last)

    def is_month_end(self, day: int) -> bool:
        """Whether a day is the last of its month."""
        return self.date(day + 1).day == 1


def make_calendar(months: int) -> Calendar:
    """Lay out the given months up to the fixed last day, and the months before the first."""
    first_month = np.datetime64(LAST_DAY, "M") - (months - 1)
    origin = (first_month - OPENING_MONTHS).astype("datetime64[D]")
    last = int((np.datetime64(LAST_DAY) - origin).astype(int))
    dates = origin + np.arange(last + 100)
    years = range(origin.astype(object).year, dates[-1].astype(object).year + 1)
    holidays = [
        np.datetime64(f"{year}-{day}") for year in years for day in BRAZILIAN_HOLIDAYS.split()
    ]
    business = np.is_busday(dates, holidays=holidays)
    days = np.arange(len(dates))
    return Calendar(
        origin=origin,
        first_export=int((first_month.astype("datetime64[D]") - origin).astype(int)),
        last=last,
        business=business,
        weekday=(dates.astype(int) + 3) % 7,
        next_business=np.minimum.accumulate(np.where(business, days, FAR)[::-1])[::-1],
        previous_business=np.maximum.accumulate(np.where(business, days, 0)),
    )
