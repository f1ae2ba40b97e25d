"""The same exports end in the same tables, however they came; the past can be asked again."""

import random
import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from quick_runs import Statements, quick_run
from whole_runs import different_tables, released

from orchestration.errors import RefusedError


def export_days(exports: Path) -> list[date]:
    return sorted({date.fromisoformat(path.name[:10]) for path in exports.rglob("*.csv")})


def run_days(exports: Path, home: Path, statements: Statements, first: date, last: date) -> None:
    """Run for some days; those without what they refer to may be refused, and are still loaded."""
    with suppress(RefusedError):
        quick_run(exports, home, statements, last, first_day=first)


@pytest.mark.soak
def test_running_twice_changes_nothing(
    sample_home: Path, sample_exports: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(sample_home, again, symlinks=True)
    released(sample_exports, again)
    assert different_tables(sample_home, again) == []


def test_rebuilding_from_the_exports_gives_the_same_tables_as_loading_them_out_of_order(
    sample_home: Path, sample_exports: Path, statements: Statements, tmp_path: Path
) -> None:
    days = export_days(sample_exports)
    third = len(days) // 3
    run_days(sample_exports, tmp_path, statements, days[2 * third], days[-1])
    run_days(sample_exports, tmp_path, statements, days[third], days[third])
    quick_run(sample_exports, tmp_path, statements)
    assert different_tables(sample_home, tmp_path) == []


@pytest.mark.soak
def test_a_past_known_at_gives_the_tables_of_that_day_again(
    sample_home: Path, sample_exports: Path, statements: Statements, tmp_path: Path
) -> None:
    days = export_days(sample_exports)
    then = days[len(days) // 2]
    quick_run(sample_exports, tmp_path / "then", statements, then)
    again = tmp_path / "again"
    shutil.copytree(sample_home, again, symlinks=True)
    released(sample_exports, again, "--known-at", then.isoformat())
    assert different_tables(tmp_path / "then", again / "asof" / f"known_at={then}") == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_days_in_any_order_end_in_the_same_tables(
    sample_home: Path, sample_exports: Path, statements: Statements, tmp_path: Path, seed: int
) -> None:
    days = export_days(sample_exports)
    random.Random(seed).shuffle(days)
    for day in days:
        run_days(sample_exports, tmp_path, statements, day, day)
    assert different_tables(sample_home, tmp_path) == []
