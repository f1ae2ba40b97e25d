"""Clean days are released, every one of them: the audit raises no false alarm."""

import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from quick_runs import Statements, quick_run

from orchestration.sample import write_sample

CUSTOMERS = 100
# what a clean day is told of, and why
EXPLAINED = {
    "available_kpis_have_values": "of so few customers none is a complex case, which a KPI counts",
    "published_months_keep_their_values": "a month is over, and the exports of its last week come",
    "required_kinds_are_fresh": "no contract is signed for longer than ever in half a year",
    "most_cash_reaches_a_debt": "of so few payments, a large one names no debt",
    "no_file_comes_twice": "two days change the same, and no more",
}


@pytest.mark.parametrize(
    ("day_count", "months"),
    [
        pytest.param(2, 5, id="2", marks=pytest.mark.soak),
        pytest.param(365, 17, id="365", marks=pytest.mark.soak),
    ],
)
def test_every_clean_day_is_released(
    statements: Statements, tmp_path: Path, day_count: int, months: int
) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    last_day = write_sample(exports, CUSTOMERS, months, seed=7).last_export_day
    quick_run(exports, home, statements, last_day - timedelta(day_count))
    released: list[date] = []
    warned: Counter[str] = Counter()
    for number in range(1, day_count + 1):
        day = last_day - timedelta(day_count - number)
        started = time.monotonic()
        release = quick_run(exports, home, statements, day)
        released.append(release.known_at)
        names = sorted(warning.partition(" ")[0] for warning in release.warnings)
        warned.update(names)
        print(f"{day} released in {time.monotonic() - started:.1f} s: {names}", flush=True)
    print(dict(warned))
    assert len(released) == day_count
    assert released == sorted(released)
    assert released[-1] == last_day
    assert set(warned) - set(EXPLAINED) == set()
