from datetime import date

import pytest

from orchestration.errors import InputError
from orchestration.periods import period_named


@pytest.mark.parametrize(
    ("name", "grain", "first_date", "last_date"),
    [
        ("2026-03-15", "day", date(2026, 3, 15), date(2026, 3, 15)),
        ("2026-W01", "week", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-W53", "week", date(2026, 12, 28), date(2027, 1, 3)),
        ("2028-02", "month", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-12", "month", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-Q1", "quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q4", "quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", "year", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_read_as_it_is_written(
    name: str, grain: str, first_date: date, last_date: date
) -> None:
    period = period_named(name)
    assert (period.grain, period.first_date, period.last_date) == (grain, first_date, last_date)
    assert str(period) == name


@pytest.mark.parametrize(
    "name", ["March", "2026-13", "2026-00", "2026-W54", "2026-W00", "2026-Q5", "26", "20260315", ""]
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"--period {name}: that is no period; write 2026-03-15"):
        period_named(name)
