"""Killed at any moment, a run leaves the release as it was, and the next one makes all good."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from whole_runs import contents, different_tables, reader, released

from orchestration.runs import past_runs
from orchestration.sample import write_sample

COMMAND = "from orchestration.command_line import main; main()"
SHARDS, POINTS_PER_SHARD = 2, 26

# Fills the disk each time a run reports that it is at a stage, as it would fill up just then.
FILL_AND_RUN = """
import sys
from orchestration.command_line import main
from orchestration.progress import listening

filler, stage, item = sys.argv[1:4]

def fill(progress):
    if progress.stage == stage and progress.item.startswith(item):
        with open(filler, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass

sys.argv = ["warehouse", *sys.argv[4:]]
with listening(fill):
    main()
"""


@dataclass(frozen=True)
class Portfolio:
    """Exports, a home that has some days of them, one that has all, and a run between them."""

    exports: Path
    before: Path
    after: Path
    seconds: float


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    place = tmp_path_factory.mktemp("crashes")
    exports, before, after = place / "exports", place / "before", place / "after"
    write_sample(exports, 60, 2, seed=5)
    days = sorted({path.name[:10] for path in exports.rglob("*.csv")})
    released(exports, before, "--to", days[len(days) * 3 // 4])
    shutil.copytree(before, after, symlinks=True)
    started = time.monotonic()
    released(exports, after)
    return Portfolio(exports, before, after, time.monotonic() - started)


def start(exports: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", COMMAND, "run", "--exports", exports, "--home", home]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def killed_after(exports: Path, home: Path, seconds: float) -> bool:
    """Kill a run so many seconds after its start; False where it ended before."""
    process = start(exports, home)
    try:
        assert process.wait(timeout=seconds) == 0
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def place_of_death(home: Path) -> str:
    """Say in which step the last run was, by its log."""
    log = max((home / "logs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    text = log.read_text()
    if " ended after " in text.splitlines()[-1] and '"Run ' in text.splitlines()[-1]:
        return "before or after its log"
    return ["starting", *re.findall(r"The step (\w+) begins", text)][-1]


@pytest.mark.soak
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_run_killed_at_any_moment_is_made_good_by_the_next_and_no_reader_sees_it(
    portfolio: Portfolio, tmp_path: Path, shard: int
) -> None:
    moments = random.Random(shard)
    places: Counter[str] = Counter()
    longest = portfolio.seconds
    while places.total() < POINTS_PER_SHARD:
        home = tmp_path / f"home_{places.total()}"
        shutil.copytree(portfolio.before, home, symlinks=True)
        seconds = moments.uniform(0, longest)
        with reader(home, tmp_path / "stop") as seen:
            if not killed_after(portfolio.exports, home, seconds):
                longest = seconds  # the machine is faster now
                shutil.rmtree(home)
                continue
            place = place_of_death(home)
            released(portfolio.exports, home)
        assert different_tables(home, portfolio.after) == []
        assert not seen["wrong"]
        assert seen["reads"] > 10
        kept = {path.name for path in (home / "releases").iterdir()}
        assert set(seen["seen"]) <= kept
        assert not list((home / "releases").glob(".*"))
        assert [run.outcome for run in past_runs(home)][-1] == "released"
        places[place] += 1
        print(
            f"shard {shard}, {places.total()}: killed after {seconds:.1f} s, {place};"
            f" {seen['reads']} reads of {len(seen['seen'])} releases",
            flush=True,
        )
        shutil.rmtree(home)
    print(f"shard {shard}: {dict(places)}", flush=True)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("stage", "item"),
    [
        ("Loading", ""),
        ("Building", ""),
        ("Building", "kpi_values"),
        ("Releasing", "auditing"),
        ("Releasing", "writing"),
        ("Releasing", "swapping"),
    ],
)
def test_a_disk_that_is_full_leaves_the_release_and_the_next_run_makes_it_good(
    portfolio: Portfolio, small_disk: Path, stage: str, item: str
) -> None:
    home, filler = small_disk / "home", small_disk / "filler"
    shutil.copytree(portfolio.before, home, symlinks=True)
    shutil.copytree(os.environ["DBT_TARGET_PATH"], home / "dbt")
    served = (home / "published").readlink()
    before = contents(home / served)
    options = ["run", "--exports", portfolio.exports, "--home", home]
    run = subprocess.run(
        [sys.executable, "-c", FILL_AND_RUN, filler, stage, item, *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "300", "DBT_TARGET_PATH": str(home / "dbt")},
        timeout=600,
    )
    said = run.stdout + run.stderr
    assert filler.exists()
    assert contents(home / served) == before
    assert not list((home / "releases").glob(".*"))
    # to swap a link takes no space
    if item != "swapping":
        assert run.returncode == 3, said
        assert "The disk is full" in said
        assert "are free in" in said
        assert "Traceback" not in said
        assert (home / "published").readlink() == served
        assert len(list((home / "releases").iterdir())) == 1
    filler.unlink()
    released(portfolio.exports, home)
    assert different_tables(home, portfolio.after) == []
