"""What a daily job meets: another run, a damaged file, and somebody who asks how it is."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from operating import EXPORTS, HOLD, RUN_ID, process, settings_of
from whole_runs import contents, query, warehouse_run, write

from orchestration.contract import contract
from orchestration.errors import InputError, MachineError, RefusedError
from orchestration.home_lock import holder_of
from orchestration.ingestion.assets import ingest
from orchestration.publication import publish
from orchestration.rebuild import set_aside
from orchestration.run_log import log_path
from orchestration.runs import at_work, past_runs
from orchestration.settings import Settings
from orchestration.warehouse import warehouse_path


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, str]]]:
    """A place where a run that rebuilds a damaged warehouse was followed on its heels by another.

    And their exit codes and what they said.
    """
    place = tmp_path_factory.mktemp("operations")
    write(place / "exports", EXPORTS)
    (place / "home").mkdir()
    warehouse_path(place / "home").write_text("damaged" * 10_000)
    ended: list[tuple[int, str]] = []

    def run(*options: str) -> None:
        finished = warehouse_run(place / "exports", place / "home", *options)
        ended.append((finished.returncode, " ".join((finished.stdout + finished.stderr).split())))

    rebuilding = threading.Thread(target=run, args=["--rebuild"])
    rebuilding.start()
    while rebuilding.is_alive() and holder_of(place / "home") is None:
        time.sleep(0.05)
    run()
    rebuilding.join()
    return place, ended


@pytest.fixture
def place(two_runs: tuple[Path, list], tmp_path: Path) -> Path:
    """A copy of the exports and the home the two runs left."""
    return shutil.copytree(two_runs[0], tmp_path / "place", symlinks=True)


def test_a_damaged_warehouse_file_is_rebuilt_by_one_command(two_runs):
    place, ended = two_runs
    code, said = ended[0]
    assert code == 0, said
    assert "3 files loaded: 5 rows, 0 rejected." in said
    assert f"is kept as {place / 'home' / 'warehouse.aside.duckdb'}" in said
    assert query(warehouse_path(place / "home"), "select count(*) from fct_cash") == [(1,)]


def test_two_runs_started_together_queue_and_both_release(two_runs):
    place, ended = two_runs
    assert [code for code, _ in ended] == [0, 0], ended
    first, second = past_runs(place / "home")
    assert f"Waiting for run {first.run_id}" in ended[1][1]
    assert "Waiting" not in ended[0][1]
    assert (first.rows_loaded, second.rows_loaded) == (5, 0)
    assert len(list((place / "home" / "releases").iterdir())) == 2


def test_what_became_of_each_run_is_in_the_release(two_runs):
    home = two_runs[0] / "home"
    first, second = past_runs(home)
    assert first.outcome == second.outcome == "released"
    assert first.newest_export_days == {
        "billing.contracts": "2026-03-01",
        "billing.instalments": "2026-03-01",
        "payment.payments": "2026-03-01",
    }
    assert set(second.seconds_by_step) == {"landing", "building", "audit", "release"}
    assert sum(second.seconds_by_step.values()) <= second.seconds
    rows = query(
        home / "published" / "collections.duckdb",
        "select run_id, outcome, release_id, as_of::varchar, rows_in, rows_loaded, rows_rejected,"
        " rows_released, landing_seconds from release_runs order by started_at",
    )
    assert [row[:8] for row in rows] == [
        (
            run.run_id,
            "released",
            run.release_id,
            "2026-03-01",
            run.rows_in,
            run.rows_loaded,
            0,
            run.rows_released,
        )
        for run in (first, second)
    ]
    assert [row[8] for row in rows] == [run.seconds_by_step["landing"] for run in (first, second)]
    ((rows_released,),) = query(
        home / "published" / "collections.duckdb", "select row_count from release"
    )
    assert rows[-1][7] == rows_released


def test_a_run_logs_its_beginning_its_steps_and_its_end(two_runs):
    home = two_runs[0] / "home"
    (run, _) = past_runs(home)
    lines = [json.loads(line) for line in log_path(home, run.run_id).read_text().splitlines()]
    said = [line["message"] for line in lines]
    assert said[0] == f"Run {run.run_id} begins."
    assert said[-1].startswith(f"Run {run.run_id} ended after ")
    assert said[-1].endswith(": released.")
    # building is a step three times: before the scores, of the scores, after them
    ended = [re.fullmatch(r"The step (\w+) ended after ([\d.]+) seconds\.", one) for one in said]
    told = dict.fromkeys(run.seconds_by_step, 0.0)
    for one in filter(None, ended):
        told[one[1]] += float(one[2])
    assert told == pytest.approx(run.seconds_by_step, abs=0.2)


def _with_garbage(path: Path, start: float, end: float) -> None:
    """Overwrite a part of a file, given as shares of it."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * start))
        file.write(os.urandom(int(size * (end - start))))


def _land_and_release(settings: Settings) -> None:
    with settings.at_work(RUN_ID) as recorder:
        with recorder.step("landing"):
            ingest(settings, None, set(contract()))
        with recorder.step("audit"):
            publish(settings.run_home, settings.warehouse, RUN_ID)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "half of it": lambda path: os.truncate(path, path.stat().st_size // 2),
    "nothing": lambda path: os.truncate(path, 0),
    "a broken header": lambda path: _with_garbage(path, 0, 0.001),
    "a broken middle": lambda path: _with_garbage(path, 0.01, 0.99),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_warehouse_file_is_told_with_the_command_that_mends_it(
    place: Path, damage: str
) -> None:
    settings = settings_of(place)
    before = contents(place / "home" / "releases")
    DAMAGES[damage](settings.warehouse)
    with pytest.raises(MachineError) as told:
        _land_and_release(settings)
    assert "is damaged" in str(told.value)
    assert "`warehouse run --rebuild`" in str(told.value)
    assert contents(place / "home" / "releases") == before
    assert past_runs(place / "home")[-1].outcome == "failed"


def test_a_rebuild_that_would_lose_rows_is_refused(place):
    gone = place / "exports/payment/payments/2026-03-01.csv"
    gone.unlink()
    settings = settings_of(place)
    before = settings.warehouse.read_bytes()
    with pytest.raises(InputError, match=r"payment/payments/2026-03-01.csv.*--lose-missing-files"):
        set_aside(settings, is_loss_accepted=False)
    assert settings.warehouse.read_bytes() == before
    aside = set_aside(settings, is_loss_accepted=True)
    assert aside.is_needed
    assert not settings.warehouse.exists()
    assert query(aside.path, "select count(*) from raw.payment_payments") == [(1,)]


def test_a_file_put_aside_is_needed_where_it_cannot_say_what_it_holds(place):
    settings = settings_of(place)
    assert not set_aside(settings, is_loss_accepted=False).is_needed
    settings.warehouse.write_text("damaged" * 10_000)
    assert set_aside(settings, is_loss_accepted=False).is_needed


@pytest.mark.parametrize("days", [{"first_day": "2026-03-01"}, {"as_of": "2026-03-01"}])
def test_a_rebuild_is_of_all_days(place, days):
    with pytest.raises(InputError, match="--rebuild loads all there is"):
        set_aside(settings_of(place, **days), is_loss_accepted=False)


def status(home: Path, *options: str) -> tuple[int, str]:
    code = (
        "import sys\nfrom orchestration.command_line import main\n"
        "try: main()\nfinally: assert not {'dagster', 'dbt'} & set(sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "status", "--home", home, *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "300"},
    )
    assert "AssertionError" not in run.stderr
    return run.returncode, run.stdout + run.stderr


def test_the_status_of_a_home_that_is_well_is_exit_code_0(place):
    code, said = status(place / "home", "--max-age", "1000")
    assert code == 0, said
    assert "passed" in said
    assert ": released after " in said
    assert "At work   nobody" in said
    assert "billing.contracts 2026-03-01, billing.instalments 2026-03-01, payment.p" in said
    assert "GB are free" in said


def test_the_status_says_who_is_at_work(place):
    other = process(HOLD, place / "home")
    assert "At work   run the-other of " in status(place / "home")[1]
    other.communicate("\n")


def test_a_release_that_is_too_old_is_exit_code_1(place):
    code, said = status(place / "home", "--max-age", "0")
    assert code == 1, said
    assert "The release is" in said
    assert "more than 0" in said


def test_a_last_run_that_was_refused_is_exit_code_1_with_its_reasons(place, webhook):
    with pytest.raises(RefusedError), at_work(place / "home", RUN_ID):
        raise RefusedError("few_orphans (arrivals, critical): Few are.\n  row: P10")
    code, said = status(place / "home", "--alert")
    assert code == 1, said
    assert "The last run ended so: refused." in said
    assert "few_orphans (arrivals, critical): Few are." in said
    assert [alert["outcome"] for alert in webhook] == ["refused", "status"]


def test_a_home_that_is_not_there_is_bad_input(tmp_path):
    code, said = status(tmp_path / "nowhere")
    assert code == 2, said
    assert "there is no such directory" in said
