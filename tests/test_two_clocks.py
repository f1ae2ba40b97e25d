"""The same exports end in the same tables, however they came; the past can be asked again."""

import random
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from whole_runs import assert_identical, released, warehouse_run


def export_days(exports: Path) -> list[date]:
    return sorted({date.fromisoformat(path.name[:10]) for path in exports.rglob("*.csv")})


def run_days(exports: Path, home: Path, days: Iterable[date]) -> None:
    """Run day by day; days without what they refer to may be refused, and are still loaded."""
    for day in days:
        run = warehouse_run(exports, home, "--day", day.isoformat())
        assert run.returncode in (0, 1), run.stdout + run.stderr


def test_running_twice_changes_nothing(
    sample_home: Path, sample_exports: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(sample_home, again, symlinks=True)
    released(sample_exports, again)
    assert_identical(sample_home, again)


def test_rebuilding_from_the_exports_gives_the_same_tables_as_loading_them_out_of_order(
    sample_home: Path, sample_exports: Path, tmp_path: Path
) -> None:
    days = export_days(sample_exports)
    third = len(days) // 3
    run = warehouse_run(sample_exports, tmp_path, "--from", days[2 * third].isoformat())
    assert run.returncode in (0, 1), run.stdout + run.stderr
    run_days(sample_exports, tmp_path, [days[third]])
    released(sample_exports, tmp_path)
    assert_identical(sample_home, tmp_path)


def test_a_past_known_at_gives_the_tables_of_that_day_again(
    sample_home: Path, sample_exports: Path, tmp_path: Path
) -> None:
    days = export_days(sample_exports)
    then = days[len(days) // 2].isoformat()
    released(sample_exports, tmp_path / "then", "--to", then)
    again = tmp_path / "again"
    shutil.copytree(sample_home, again, symlinks=True)
    released(sample_exports, again, "--known-at", then)
    assert_identical(tmp_path / "then", again / "asof" / f"known_at={then}")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_days_in_any_order_end_in_the_same_tables(
    sample_home: Path, sample_exports: Path, tmp_path: Path, seed: int
) -> None:
    days = export_days(sample_exports)
    random.Random(seed).shuffle(days)
    run_days(sample_exports, tmp_path, days)
    assert_identical(sample_home, tmp_path)
