import os
from pathlib import Path

from orchestration.comparing.run_traces import RUNS_TRACED, prune_traces


def leave_traces(home: Path, number: int) -> None:
    """What run ``number`` leaves; the higher, the newer."""
    left = [
        home / f"logs/run-{number}.jsonl",
        home / f"reports/run-{number}/index.html",
        home / f"dagster/history/runs/run-{number}.db",
        home / f"dagster/history/runs/run-{number}.db-wal",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        for changed in (path, path.parent):
            os.utime(changed, (number, number))


def test_what_the_newest_runs_left_is_kept_and_what_is_of_all_runs(tmp_path):
    for number in range(RUNS_TRACED + 2):
        leave_traces(tmp_path, number)
    index = tmp_path / "dagster/history/runs/index.db"
    index.touch()
    os.utime(index, (0, 0))
    prune_traces(tmp_path)
    for pattern in ("logs/*.jsonl", "reports/*", "dagster/history/runs/run-*.db*"):
        numbers = {int(path.name.split(".")[0][4:]) for path in tmp_path.glob(pattern)}
        assert numbers == set(range(2, RUNS_TRACED + 2)), pattern
    assert index.exists()


def test_a_home_that_is_new_has_nothing_to_prune(tmp_path):
    prune_traces(tmp_path)
    assert not list(tmp_path.iterdir())
