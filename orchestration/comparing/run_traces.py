"""What runs leave behind beside their releases: logs, reports and Dagster's events."""

import shutil
from collections import defaultdict
from pathlib import Path

RUNS_TRACED = 60
# each holds files or directories whose names begin with the id of their run and a point or nothing
FOLDERS = ("logs", "reports", "dagster/history/runs")
# Dagster's own, about all runs
INDEX = "index"


def prune_traces(home: Path) -> None:
    """Delete what all runs but the newest ones left, by the time it was written last."""
    for folder in FOLDERS:
        traces: dict[str, list[Path]] = defaultdict(list)
        for path in (home / folder).glob("*"):
            traces[path.name.partition(".")[0]].append(path)
        traces.pop(INDEX, None)
        oldest_first = sorted(traces.values(), key=_last_written)
        for paths in oldest_first[:-RUNS_TRACED]:
            for path in paths:
                _delete(path)


def _last_written(paths: list[Path]) -> int:
    return max(path.stat().st_mtime_ns for path in paths)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
