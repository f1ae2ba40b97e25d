import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.runs import past_runs

PROJECT = Path(__file__).resolve().parents[1]


@pytest.mark.soak
def test_the_job_releases_at_full_size_and_says_where_the_time_goes(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.full_size", "--scratch", str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "peak memory of a run" in run.stdout
    print(run.stdout)
    runs = past_runs(tmp_path / "home")
    assert [one.seconds_by_step["audit"] / one.seconds < 0.2 for one in runs] == [True, True]
